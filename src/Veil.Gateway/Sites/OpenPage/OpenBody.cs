using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Veil.Gateway.Sites.OpenPage;

/// <summary>The body of <c>POST /open</c>: a key as text, or in a JSON object (spec/gateway.md, section 4).</summary>
internal static class OpenBody
{
    /// <summary>The longest body in bytes.</summary>
    internal const int MaxBytes = 4096;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>True for the two types that are read, whatever their parameters; sets which.</summary>
    internal static bool TryGetFormat(HttpRequest request, out bool isJson)
    {
        isJson = false;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
        {
            return false;
        }

        isJson = type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase);
        return isJson || type.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Takes the key's text out of the body; the key itself is not looked at.</summary>
    internal static bool TryGetText(ReadOnlyMemory<byte> body, bool isJson, [NotNullWhen(true)] out string? text)
    {
        text = null;
        try
        {
            if (!isJson)
            {
                text = StrictUtf8.GetString(body.Span).Trim();
                return true;
            }

            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("key", out var key)
                && key.ValueKind == JsonValueKind.String)
            {
                text = key.GetString()!.Trim();
            }

            return text is not null;
        }
        catch (Exception malformed)
            when (malformed is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is no UTF-16.
            return false;
        }
    }
}

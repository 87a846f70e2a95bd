using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Veil.Content.Edge;

namespace Veil.Gateway.Sites;

/// <summary>What every answer has, and answers that are plain text (spec/gateway.md, section 2).</summary>
internal static class Answers
{
    /// <summary>Seconds after which asking again may help.</summary>
    internal const string RetryAfterSeconds = "30";

    /// <summary>The policy of answers that show nothing.</summary>
    private const string NothingPolicy =
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Sets the headers that every answer has, on top of none.</summary>
    internal static void SetHeaders(HttpResponse response)
    {
        var headers = response.Headers;
        headers.Clear();
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = NothingPolicy;
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    /// <summary>Answers with a sentence. Headers set before are gone, but for those that every answer has.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The status code.</param>
    /// <param name="text">The sentence; names no key, path or label.</param>
    /// <param name="extra">One header more.</param>
    internal static Task WriteTextAsync(
        HttpContext context,
        int status,
        string text,
        KeyValuePair<string, string>? extra = null)
    {
        SetHeaders(context.Response);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        if (extra is { } header)
        {
            context.Response.Headers[header.Key] = header.Value;
        }

        return WriteBodyAsync(context, Encoding.UTF8.GetBytes(text + "\n"));
    }

    /// <summary>Answers 404 within a site that is known.</summary>
    internal static Task WriteNothingHereAsync(HttpContext context) => WriteTextAsync(
        context, StatusCodes.Status404NotFound, "There is nothing under this path.");

    /// <summary>Answers 405.</summary>
    internal static Task WriteMethodNotAllowedAsync(HttpContext context, string allowed) =>
        WriteTextAsync(
            context,
            StatusCodes.Status405MethodNotAllowed,
            "This method is not allowed here.",
            new(HeaderNames.Allow, allowed));

    /// <summary>Sends a body of known length, or only its length to HEAD.</summary>
    internal static async Task WriteBodyAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>The status of content that cannot be had.</summary>
    internal static int StatusOf(ContentFault fault) => fault switch
    {
        ContentFault.NotFound => StatusCodes.Status404NotFound,
        ContentFault.TooFewShares => StatusCodes.Status503ServiceUnavailable,
        ContentFault.Denied => StatusCodes.Status403Forbidden,
        _ => StatusCodes.Status502BadGateway,
    };

    /// <summary>A sentence about content that cannot be had; names no key.</summary>
    internal static string TextOf(ContentFault fault) => fault switch
    {
        ContentFault.NotFound => "no store knows this content",
        ContentFault.TooFewShares => "too few shares of this content can be reached at present",
        ContentFault.Denied => "the local denylist forbids this content",
        ContentFault.SignatureWrong => "the signature in this content does not hold: who is named did not sign it",
        _ => "what was found does not verify",
    };

    /// <summary>What may help then.</summary>
    internal static string HintOf(ContentFault fault) => fault switch
    {
        ContentFault.NotFound => "It may have expired, or the key may be of another network.",
        ContentFault.TooFewShares => "Try again later, when more stores are reachable.",
        ContentFault.Denied => "Whoever runs this node decides about its denylist.",
        _ => "Nothing of it was handed out. Ask whoever gave you the key for a new one.",
    };
}

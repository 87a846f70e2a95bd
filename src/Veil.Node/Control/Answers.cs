using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Veil.Node.Control;

/// <summary>Bodies of requests and answers.</summary>
internal static class Answers
{
    /// <summary>Most bytes of a JSON request: a key has 117 characters, a setting's value may be a path.</summary>
    internal const int MaxJsonBytes = 64 * 1024;

    /// <summary>Answers with one object.</summary>
    internal static Task WriteAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer, type);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    /// <summary>Reads the request's object.</summary>
    /// <exception cref="ControlException">It is too long or none of this type.</exception>
    internal static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        // One byte more than allowed, to see that there is one.
        var bytes = new byte[MaxJsonBytes + 1];
        int count = await context.Request.Body.ReadAtLeastAsync(
            bytes, bytes.Length, throwOnEndOfStream: false, context.RequestAborted);
        if (count > MaxJsonBytes)
        {
            throw ControlErrors.TooLarge(MaxJsonBytes);
        }

        return Parse(bytes.AsSpan(0, count), type);
    }

    /// <summary>Reads an object.</summary>
    /// <exception cref="ControlException">It is none of this type.</exception>
    internal static T Parse<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw ControlErrors.BadRequest();
        }
        catch (JsonException)
        {
            throw ControlErrors.BadRequest();
        }
    }
}

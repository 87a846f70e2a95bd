using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Veil.Content.Edge;

namespace Veil.Gateway.Sites;

/// <summary>Answers for one file at <c>http://&lt;label&gt;.veil/</c> (spec/gateway.md, section 5).</summary>
internal static class FileEndpoint
{
    private const string Allowed = "GET, HEAD";

    // Browsers style their own viewers inline, and fetch a film once more from within the viewer, which an opaque
    // origin would not be allowed to. No script runs.
    private const string Policy =
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; sandbox allow-same-origin";

    /// <summary>False, and answered, when the method is none that files know.</summary>
    internal static async Task<bool> IsMethodAllowedAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        {
            return true;
        }

        await Answers.WriteMethodNotAllowedAsync(context, Allowed);
        return false;
    }

    /// <summary>Answers with the file, a part of it, or that the client has it already, at its own path.</summary>
    internal static Task ServeAsync(HttpContext context, ContentObject content)
    {
        var path = context.Request.Path.Value ?? string.Empty;
        return path == "/" || (path.Length > 0 && path.AsSpan(1).SequenceEqual(content.Name))
            ? ServeFileAsync(context, content)
            : Answers.WriteNothingHereAsync(context);
    }

    /// <summary>The same, whatever the path is.</summary>
    internal static Task ServeFileAsync(HttpContext context, ContentObject content)
    {
        var tag = new EntityTagHeaderValue($"\"{content.EntityTag}\"");
        var headers = context.Request.GetTypedHeaders();
        if (headers.IfMatch.Count > 0 && !Matches(headers.IfMatch, tag, strong: true))
        {
            return Answers.WriteTextAsync(
                context, StatusCodes.Status412PreconditionFailed, "The file is not the one that was asked for.");
        }

        SetFileHeaders(context.Response, content, tag);
        if (Matches(headers.IfNoneMatch, tag, strong: false))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return SendAsync(context, content, SelectRange(context.Request, headers, content.Length, tag));
    }

    private static void SetFileHeaders(HttpResponse response, ContentObject content, EntityTagHeaderValue tag)
    {
        var type = ShownType.Of(content.MimeType);
        Answers.SetHeaders(response);
        response.ContentType = type.ContentType;
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.ContentDisposition = type.Disposition(content.Name);
        headers.ETag = tag.ToString();
        headers.AcceptRanges = "bytes";
        headers.CacheControl = "private";
    }

    private static bool Matches(IList<EntityTagHeaderValue> tags, EntityTagHeaderValue tag, bool strong)
    {
        foreach (var candidate in tags)
        {
            if (candidate == EntityTagHeaderValue.Any || candidate.Compare(tag, useStrongComparison: strong))
            {
                return true;
            }
        }

        return false;
    }

    private static ByteRange SelectRange(
        HttpRequest request,
        RequestHeaders headers,
        long length,
        EntityTagHeaderValue tag)
    {
        var hasOther = !StringValues.IsNullOrEmpty(request.Headers.IfRange)
            && headers.IfRange?.EntityTag?.Compare(tag, useStrongComparison: true) != true;
        var isRanged = HttpMethods.IsGet(request.Method) && request.Headers.Range.Count == 1 && !hasOther;
        return ByteRange.Resolve(isRanged ? request.Headers.Range[0] : null, length);
    }

    private static Task SendAsync(HttpContext context, ContentObject content, ByteRange range)
    {
        var response = context.Response;
        if (range.Kind == ByteRangeKind.Unsatisfiable)
        {
            return Answers.WriteTextAsync(
                context,
                StatusCodes.Status416RangeNotSatisfiable,
                "The file ends before this range.",
                new(HeaderNames.ContentRange, $"bytes */{content.Length}"));
        }

        if (range.Kind == ByteRangeKind.Part)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {range.Offset}-{range.Offset + range.Count - 1}/{content.Length}";
        }

        response.ContentLength = range.Count;
        return HttpMethods.IsHead(context.Request.Method) || range.Count == 0
            ? Task.CompletedTask
            : content.CopyRangeAsync(range.Offset, range.Count, response.Body, context.RequestAborted);
    }
}

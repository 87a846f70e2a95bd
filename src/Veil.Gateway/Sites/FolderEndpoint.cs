using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Veil.Content.Edge;
using Veil.Content.Folders;

namespace Veil.Gateway.Sites;

/// <summary>Answers for a folder at <c>http://&lt;label&gt;.veil/</c> (spec/gateway.md, section 5.1): its files under
/// their paths, and a page that lists them for each folder.</summary>
internal sealed class FolderEndpoint
{
    private readonly FolderPage _page = FolderPage.Load();

    /// <summary>Answers with what is under the request's path.</summary>
    internal async Task ServeAsync(HttpContext context, ContentObject content)
    {
        var index = await content.ReadIndexAsync(context.RequestAborted);
        var path = (context.Request.Path.Value ?? string.Empty).TrimStart('/');
        if (path.Length == 0 || path.EndsWith('/'))
        {
            await (FolderListing.TryOf(index, path) is { } listing
                ? WritePageAsync(context, content, path, listing)
                : Answers.WriteNothingHereAsync(context));
            return;
        }

        if (index.Find(path) is >= 0 and var entry)
        {
            await FileEndpoint.ServeFileAsync(context, new FolderFile(content, index, entry));
            return;
        }

        if (FolderListing.TryOf(index, path + "/") is null)
        {
            await Answers.WriteNothingHereAsync(context);
            return;
        }

        // Relative links of the page lead into the folder only from there.
        await Answers.WriteTextAsync(
            context,
            StatusCodes.Status301MovedPermanently,
            "This is a folder.",
            new(HeaderNames.Location, $"/{FolderPage.Escape(path)}/"));
    }

    private Task WritePageAsync(HttpContext context, ContentObject content, string path, FolderListing listing)
    {
        Answers.SetHeaders(context.Response);
        var response = context.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = _page.Policy;
        response.Headers.CacheControl = "private";
        return Answers.WriteBodyAsync(context, Encoding.UTF8.GetBytes(_page.Write(content, path, listing)));
    }
}

using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Content.Names;

namespace Veil.Gateway.Sites.OpenPage;

/// <summary>Answers for <c>http://open.veil/</c> (spec/gateway.md, section 4).</summary>
internal sealed class OpenEndpoint(SiteLabels labels, OpenFiles files, SiteNames names)
{
    /// <summary>The host name.</summary>
    internal const string Host = "open.veil";

    private const string PagePath = "/";
    private const string OpenPath = "/open";

    // A name that is longer when escaped is left out of the URL: the file is at / too.
    private const int MaxEscapedName = 2048;

    private readonly OpenPageDocument _page = OpenPageDocument.Load();

    /// <summary>Whether a request is to <c>POST /open</c>, whose failures are JSON.</summary>
    internal static bool IsOpening(HttpRequest request) => request.Path == OpenPath;

    /// <summary>Answers a request whose host and origin are checked.</summary>
    internal Task ServeAsync(HttpContext context, IsolationGroup group)
    {
        var method = context.Request.Method;
        if (IsOpening(context.Request))
        {
            return HttpMethods.IsPost(method)
                ? OpenAsync(context, group)
                : Answers.WriteMethodNotAllowedAsync(context, "POST");
        }

        if (context.Request.Path != PagePath)
        {
            return Answers.WriteTextAsync(context, StatusCodes.Status404NotFound, "There is nothing under this path.");
        }

        return HttpMethods.IsGet(method) || HttpMethods.IsHead(method)
            ? WritePageAsync(context)
            : Answers.WriteMethodNotAllowedAsync(context, "GET, HEAD");
    }

    /// <summary>Answers with an error of <c>POST /open</c>.</summary>
    internal static Task WriteErrorAsync(HttpContext context, int status, OpenError error)
    {
        Answers.SetHeaders(context.Response);
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = Answers.RetryAfterSeconds;
        }

        return WriteJsonAsync(
            context,
            status,
            JsonSerializer.SerializeToUtf8Bytes(new OpenFailure(error), OpenJson.Default.OpenFailure));
    }

    private Task WritePageAsync(HttpContext context)
    {
        Answers.SetHeaders(context.Response);
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = _page.Policy;
        return Answers.WriteBodyAsync(context, _page.Html);
    }

    private async Task OpenAsync(HttpContext context, IsolationGroup group)
    {
        if (!OpenBody.TryGetFormat(context.Request, out var isJson))
        {
            await WriteErrorAsync(
                context,
                StatusCodes.Status415UnsupportedMediaType,
                new("wrong_type", "the body is neither text/plain nor application/json", "Send it as text/plain."));
            return;
        }

        // The server's limit on bodies makes a longer one throw: 413.
        using var body = new MemoryStream(OpenBody.MaxBytes);
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (!OpenBody.TryGetText(body.ToArray(), isJson, out var text))
        {
            await WriteErrorAsync(
                context,
                StatusCodes.Status400BadRequest,
                new("bad_request", "the body holds no key", "Send the key as text, or as {\"key\":\"veil:…\"}."));
            return;
        }

        await OpenAsync(context, group, text);
    }

    private async Task OpenAsync(HttpContext context, IsolationGroup group, string text)
    {
        if (NameAddress.IsMeant(text))
        {
            await OpenNameAsync(context, group, text);
            return;
        }

        if (!ContentKey.TryParse(text, out var key, out var fault))
        {
            await WriteErrorAsync(
                context,
                StatusCodes.Status400BadRequest,
                new("bad_key", fault.Message, "Copy the key anew, whole: veil: and 112 characters."));
            return;
        }

        var label = labels.Add(key, group);
        using var lease = await files.LeaseAsync(label, key, group, context.RequestAborted);

        // The browser takes a moment to get there.
        lease.Content.ReadAhead();
        var name = lease.Content.IsFolder ? string.Empty : Uri.EscapeDataString(lease.Content.Name);
        var path = name.Length <= MaxEscapedName && name is not ("." or "..") ? name : string.Empty;
        Answers.SetHeaders(context.Response);
        await WriteJsonAsync(
            context,
            StatusCodes.Status200OK,
            JsonSerializer.SerializeToUtf8Bytes(
                new OpenAnswer($"http://{label}.veil/{path}"), OpenJson.Default.OpenAnswer));
    }

    private async Task OpenNameAsync(HttpContext context, IsolationGroup group, string text)
    {
        if (!NameAddress.TryParse(text, out var address, out var fault))
        {
            await WriteErrorAsync(
                context,
                StatusCodes.Status400BadRequest,
                new("bad_name", fault.Message, "Copy the name anew, whole: 56 characters and .veil."));
            return;
        }

        // What it stands for is opened there; here only that it stands for something.
        await names.ResolveAsync(address, group, context.RequestAborted);
        Answers.SetHeaders(context.Response);
        await WriteJsonAsync(
            context,
            StatusCodes.Status200OK,
            JsonSerializer.SerializeToUtf8Bytes(
                new OpenAnswer($"http://{address.Format()}/"), OpenJson.Default.OpenAnswer));
    }

    private static Task WriteJsonAsync(HttpContext context, int status, byte[] json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return Answers.WriteBodyAsync(context, json);
    }
}

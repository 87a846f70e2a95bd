using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Content.Names;
using Veil.Gateway.Sites.OpenPage;
using Veil.Gateway.Socks;

namespace Veil.Gateway.Sites;

/// <summary>
/// One request: which site it is for and whether it may be there (spec/gateway.md, section 2), and what becomes of
/// failures. Nothing is thrown out of here, so that the HTTP server has nothing to log.
/// </summary>
internal sealed partial class SiteApplication(SiteLabels labels, OpenFiles files, SiteNames names, ILogger logger)
    : IHttpApplication<HttpContext>
{
    private const string Suffix = ".veil";

    private readonly OpenEndpoint _open = new(labels, files, names);
    private readonly FolderEndpoint _folders = new();

    /// <inheritdoc/>
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    /// <inheritdoc/>
    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(HttpContext context)
    {
        try
        {
            await DispatchAsync(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left; there is nobody to answer.
        }
        catch (Exception failure) when (context.Response.HasStarted)
        {
            LogBroken(failure.GetType().Name);

            // Before the announced length is reached: the client sees a transfer that was cut off.
            context.Abort();
        }
        catch (Exception failure)
        {
            await AnswerFailureAsync(context, failure);
        }
    }

    private async Task DispatchAsync(HttpContext context)
    {
        var granted = context.Features.GetRequiredFeature<SocksRequest>();
        if (!string.Equals(context.Request.Headers.Host, granted.HostName, StringComparison.OrdinalIgnoreCase))
        {
            await Answers.WriteTextAsync(
                context, StatusCodes.Status421MisdirectedRequest, "This connection is for another host.");
            return;
        }

        if (!RequestOrigin.IsAllowed(context.Request, granted.HostName))
        {
            await RefuseOriginAsync(context, granted.HostName);
            return;
        }

        if (granted.HostName == OpenEndpoint.Host)
        {
            await _open.ServeAsync(context, granted.Group);
            return;
        }

        var label = granted.HostName[..^Suffix.Length];
        if (SiteNames.IsMeant(label))
        {
            await ServeNameAsync(context, label, granted.Group);
            return;
        }

        if (!labels.TryFind(label, granted.Group, out var key))
        {
            await Answers.WriteTextAsync(
                context,
                StatusCodes.Status404NotFound,
                "This address is not known here, or no longer. Open the key again at http://open.veil/.");
            return;
        }

        if (await FileEndpoint.IsMethodAllowedAsync(context))
        {
            await ServeContentAsync(context, label, key, granted.Group);
        }
    }

    private async Task ServeContentAsync(HttpContext context, string label, ContentKey key, IsolationGroup group)
    {
        using var lease = await files.LeaseAsync(label, key, group, context.RequestAborted);
        await (lease.Content.IsFolder
            ? _folders.ServeAsync(context, lease.Content)
            : FileEndpoint.ServeAsync(context, lease.Content));
    }

    // Resolved first, so that a new version is another file; the origin is the name's own.
    private async Task ServeNameAsync(HttpContext context, string name, IsolationGroup group)
    {
        if (!NameAddress.TryParseLabel(name, out var address, out var error))
        {
            await Answers.WriteTextAsync(
                context,
                StatusCodes.Status404NotFound,
                $"{char.ToUpperInvariant(error.Message[0])}{error.Message[1..]}. Copy it anew, whole.");
        }
        else if (await FileEndpoint.IsMethodAllowedAsync(context))
        {
            var (key, label) = await names.ResolveAsync(address, group, context.RequestAborted);
            await ServeContentAsync(context, label, key, group);
        }
    }

    private static Task RefuseOriginAsync(HttpContext context, string host) =>
        host == OpenEndpoint.Host && OpenEndpoint.IsOpening(context.Request)
            ? OpenEndpoint.WriteErrorAsync(
                context,
                StatusCodes.Status403Forbidden,
                new("forbidden", "the request comes from another site", "Open http://open.veil/ itself."))
            : Answers.WriteTextAsync(context, StatusCodes.Status403Forbidden, "The request comes from another site.");

    private Task AnswerFailureAsync(HttpContext context, Exception failure)
    {
        var (status, error) = Describe(failure);
        if (status == StatusCodes.Status500InternalServerError)
        {
            LogFault(failure.GetType().Name);
        }

        var isOpening = context.Features.Get<SocksRequest>()?.HostName == OpenEndpoint.Host
            && OpenEndpoint.IsOpening(context.Request);
        var text = $"{char.ToUpperInvariant(error.Message[0])}{error.Message[1..]}. {error.Hint}";
        return isOpening
            ? OpenEndpoint.WriteErrorAsync(context, status, error)
            : Answers.WriteTextAsync(context, status, text);
    }

    private static (int Status, OpenError Error) Describe(Exception failure) => failure switch
    {
        ContentUnavailableException { Fault: var fault } =>
            (Answers.StatusOf(fault), new(CodeOf(fault), Answers.TextOf(fault), Answers.HintOf(fault))),
        NameUnavailableException name =>
            (SiteNames.StatusOf(name.Fault),
                new(SiteNames.CodeOf(name.Fault), name.Message, SiteNames.HintOf(name.Fault))),
        GatewayBusyException =>
            (StatusCodes.Status503ServiceUnavailable,
                new("busy", "as many files as allowed are being read", "Try again when some are done.")),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            (StatusCodes.Status413PayloadTooLarge,
                new("too_large", $"the body is over {OpenBody.MaxBytes} bytes", "Send the key and nothing else.")),
        BadHttpRequestException bad =>
            (bad.StatusCode, new("bad_request", "the request is malformed", "Send the key as text/plain.")),
        _ => (StatusCodes.Status500InternalServerError,
            new("internal", "the node could not do this", "Its log says more.")),
    };

    private static string CodeOf(ContentFault fault) => fault switch
    {
        ContentFault.NotFound => "not_found",
        ContentFault.TooFewShares => "too_few_shares",
        ContentFault.Denied => "denied",
        ContentFault.SignatureWrong => "signature_wrong",
        _ => "verification_failed",
    };
}

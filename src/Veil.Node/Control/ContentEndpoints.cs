using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Content.Names;

namespace Veil.Node.Control;

/// <summary>What is done with a content key (spec/control.md, section 2): get, list, open, deny. The key comes in the
/// body, never in a path.</summary>
internal sealed class ContentEndpoints(ControlSurface surface, NameEndpoints names, FaultLog faults)
{
    // Each may hold read-ahead of several stripes.
    private const int MaxFetches = 16;

    private const int GatheredBytes = 4 * 32 * 1024;

    private int _fetching;

    internal Task GetAsync(HttpContext context) => WithContentAsync(context, async (request, content) =>
    {
        var selection = await ContentSelection.ChooseAsync(content, request.Paths ?? [], context.RequestAborted);
        if (request.Offset < 0 || request.Offset > selection.Length)
        {
            throw ControlErrors.BadRequest();
        }

        if (request.OnlyFile && !selection.IsFile)
        {
            throw ControlErrors.IsFolder();
        }

        if (request.Range is not null)
        {
            var part = PartOf(request, selection);
            context.Response.Headers[ControlHeaders.Range] = $"{part.Offset}-{part.Offset + part.Count - 1}";
            await SendAsync(context, selection, part);
            return;
        }

        await SendAsync(context, selection, (request.Offset, selection.Length - request.Offset));
    });

    internal Task ListAsync(HttpContext context) => WithContentAsync(context, async (request, content) =>
    {
        var selection = await ContentSelection.ChooseAsync(content, request.Paths ?? [], context.RequestAborted);
        await Answers.WriteAsync(
            context, selection.List(request.Key!), ControlJson.Default.ContentListing);
    });

    internal async Task OpenAsync(HttpContext context)
    {
        var request = await Answers.ReadAsync(context, ControlJson.Default.KeyRequest);
        string? name = NameAddress.IsMeant(request.Key) ? NameEndpoints.Parse(request.Key).Format() : null;
        var key = name is null ? Parse(request.Key) : null;
        if (!surface.Node.Options.Roles.HasFlag(NodeRoles.Gateway))
        {
            throw new ControlException(StatusCodes.Status409Conflict, new(
                "no_gateway", "this node is not a gateway", "add gateway to Node:Roles and start it again"));
        }

        string url = key is null ? $"http://{name}/" : surface.Node.Open(key);
        await Answers.WriteAsync(context, new OpenAnswer(url), ControlJson.Default.OpenAnswer);
    }

    internal async Task DenyAsync(HttpContext context)
    {
        var key = await ReadKeyAsync(context);
        if (surface.Deny is not { } deny)
        {
            throw new ControlException(StatusCodes.Status409Conflict, new(
                "no_denylist", "this node has no denylist", "start it with veil run"));
        }

        bool added = deny(key.Capability.RootReference);
        await Answers.WriteAsync(context, new DenyAnswer(added), ControlJson.Default.DenyAnswer);
    }

    private async Task WithContentAsync(HttpContext context, Func<ContentRequest, ContentObject, Task> serve)
    {
        var request = await Answers.ReadAsync(context, ControlJson.Default.ContentRequest);
        try
        {
            if (Interlocked.Increment(ref _fetching) > MaxFetches)
            {
                throw ControlErrors.Busy($"{MaxFetches} files are being fetched already");
            }

            var key = await names.TargetAsync(request.Key, context.RequestAborted);

            // One group for one key, as everywhere (spec/circuit.md, section 6); the reference alone reads nothing.
            var group = new IsolationGroup($"control/fetch/{key.Capability.RootReference.Value}");
            await using var content = await surface.Node.OpenAsync(key, group, context.RequestAborted);
            await serve(request with { Key = key.Format() }, content);
        }
        finally
        {
            Interlocked.Decrement(ref _fetching);
        }
    }

    private static (long Offset, long Count) PartOf(ContentRequest request, ContentSelection selection)
    {
        if (!ContentRange.TryParse(request.Range, out var range))
        {
            throw ControlErrors.BadRange();
        }

        if (!selection.IsFile)
        {
            throw ControlErrors.IsFolder();
        }

        return request.Offset == 0
            ? range.Of(selection.Length) ?? throw ControlErrors.NoSuchRange(selection.Length)
            : throw ControlErrors.BadRequest();
    }

    private async Task SendAsync(
        HttpContext context,
        ContentSelection selection,
        (long Offset, long Count) part)
    {
        var response = context.Response;
        response.ContentType = "application/octet-stream";
        response.Headers[ControlHeaders.Name] = Uri.EscapeDataString(selection.Name);
        response.Headers[ControlHeaders.Length] = selection.Length.ToString(CultureInfo.InvariantCulture);
        await response.StartAsync(context.RequestAborted);
        string end = ControlHeaders.Done;
        try
        {
            // Several leaves for one wake of the reader; the content flushes after each stripe.
            var gathered = new BufferedStream(response.Body, GatheredBytes);
            await selection.CopyAsync(part, gathered, context.RequestAborted);
            await gathered.FlushAsync(context.RequestAborted);
        }
        catch (Exception failure) when (!context.RequestAborted.IsCancellationRequested)
        {
            end = JsonSerializer.Serialize(
                new ErrorAnswer(faults.Tell(failure).Error), ControlJson.Default.ErrorAnswer);
        }

        response.AppendTrailer(ControlHeaders.End, end);
    }

    private static async Task<ContentKey> ReadKeyAsync(HttpContext context) =>
        Parse((await Answers.ReadAsync(context, ControlJson.Default.KeyRequest)).Key);

    private static ContentKey Parse(string? text) =>
        ContentKey.TryParse(text, out var key, out var error) ? key : throw ControlErrors.BadKey(error);
}

using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Content.Names;

namespace Veil.Node.Control;

/// <summary>What is done with a content key (spec/control.md, section 2): get, open, deny. The key comes in the body,
/// never in a path.</summary>
internal sealed class ContentEndpoints(ControlSurface surface, NameEndpoints names, FaultLog faults)
{
    // Each may hold read-ahead of several stripes.
    private const int MaxFetches = 16;

    private int _fetching;

    internal async Task GetAsync(HttpContext context)
    {
        var request = await Answers.ReadAsync(context, ControlJson.Default.KeyRequest);
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
            await SendAsync(context, content);
        }
        finally
        {
            Interlocked.Decrement(ref _fetching);
        }
    }

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

    private async Task SendAsync(HttpContext context, ContentObject content)
    {
        var response = context.Response;
        response.ContentType = "application/octet-stream";
        response.Headers[ControlHeaders.Name] = Uri.EscapeDataString(content.Name);
        response.Headers[ControlHeaders.Length] = content.Length.ToString(CultureInfo.InvariantCulture);
        await response.StartAsync(context.RequestAborted);
        string end = ControlHeaders.Done;
        try
        {
            if (content.Length > 0)
            {
                await content.CopyRangeAsync(0, content.Length, response.Body, context.RequestAborted);
            }
        }
        catch (Exception failure) when (!context.RequestAborted.IsCancellationRequested)
        {
            end = JsonSerializer.Serialize(
                new ErrorAnswer(faults.Tell(failure).Error), ControlJson.Default.ErrorAnswer);
        }

        response.AppendTrailer(ControlHeaders.End, end);
    }

    private static async Task<ContentKey> ReadKeyAsync(HttpContext context)
    {
        var request = await Answers.ReadAsync(context, ControlJson.Default.KeyRequest);
        return Parse(request.Key);
    }

    private static ContentKey Parse(string? text) =>
        ContentKey.TryParse(text, out var key, out var error) ? key : throw ControlErrors.BadKey(error);
}

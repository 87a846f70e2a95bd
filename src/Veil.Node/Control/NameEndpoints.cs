using Microsoft.AspNetCore.Http;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Content.Names;
using Veil.Node.Names;
using Veil.Wire.Names;

namespace Veil.Node.Control;

/// <summary>What is done with names (spec/control.md, section 2.3). A name comes in the body, never in a path; a secret
/// key never comes here.</summary>
internal sealed class NameEndpoints(ControlSurface surface)
{
    private static readonly IsolationGroup _group = new("control/names");

    private NodeNames Names => surface.Node.Names;

    /// <summary>What a text of a request stands for: a content key, or what a name stands for at present.</summary>
    internal async Task<ContentKey> TargetAsync(string? text, CancellationToken cancellationToken)
    {
        if (NameAddress.IsMeant(text))
        {
            return await Names.TargetAsync(Parse(text), _group, cancellationToken);
        }

        return ContentKey.TryParse(text, out var key, out var error) ? key : throw ControlErrors.BadKey(error);
    }

    /// <summary>Reads a name.</summary>
    internal static NameAddress Parse(string? text) =>
        NameAddress.TryParse(text, out var address, out var error) ? address : throw NameErrors.Bad(error);

    internal async Task ResolveAsync(HttpContext context)
    {
        var address = await ReadAsync(context);
        var found = await Names.ResolveAsync(address, _group, context.RequestAborted);
        var answer = new ResolveAnswer(
            address.Format(),
            found.Content.Sequence,
            found.IsForked ? null : found.Content.Target.Format(),
            found.Content.LastDay.ToString(),
            found.IsForked,
            found.Other is { } other ? [Text(found.Record), Text(other)] : []);
        await Answers.WriteAsync(context, answer, NameJson.Default.ResolveAnswer);
    }

    internal async Task NextAsync(HttpContext context)
    {
        var address = await ReadAsync(context);
        ulong highest = await Names.HighestAsync(address, context.RequestAborted);
        await Answers.WriteAsync(context, new NextAnswer(highest + 1), NameJson.Default.NextAnswer);
    }

    internal async Task PublishAsync(HttpContext context)
    {
        var request = await Answers.ReadAsync(context, NameJson.Default.NamePublishRequest);
        var address = Parse(request.Name);
        var records = (request.Records ?? []).Select(Record).ToArray();
        var placed = await Names.PublishAsync(address, records, context.RequestAborted);
        var answer = new NamePublishAnswer(
            records[0].Sequence,
            placed.Count,
            placed.Count(record => record.IsSafe),
            records.Max(record => record.Day).ToString());
        await Answers.WriteAsync(context, answer, NameJson.Default.NamePublishAnswer);
    }

    internal async Task FollowAsync(HttpContext context)
    {
        var address = await ReadAsync(context);
        var found = await Names.ResolveAsync(address, _group, context.RequestAborted);
        if (found.IsForked)
        {
            throw new NameUnavailableException(
                NameFault.Forked, $"two contents are signed as version {found.Content.Sequence} of this name");
        }

        await Names.Book.ChangeAsync(
            address,
            kept => (kept with { IsFollowed = true }).With([found.Record], Names.Today),
            context.RequestAborted);
        await Answers.WriteAsync(context, Describe(Names.Book.Find(address)!), NameJson.Default.FollowDocument);
    }

    internal async Task UnfollowAsync(HttpContext context)
    {
        var address = await ReadAsync(context);
        if (Names.Book.Find(address) is not { IsFollowed: true })
        {
            throw NameErrors.NotFollowed();
        }

        await Names.Book.ChangeAsync(
            address, kept => kept.IsOwn ? kept with { IsFollowed = false } : null, context.RequestAborted);
        await Answers.WriteAsync(context, new UnfollowAnswer(address.Format()), NameJson.Default.UnfollowAnswer);
    }

    internal Task ListAsync(HttpContext context) => Answers.WriteAsync(
        context,
        new FollowList([.. Names.Book.Kept.Where(kept => kept.IsFollowed).Select(Describe)]),
        NameJson.Default.FollowList);

    private static FollowDocument Describe(KeptName kept) => new(
        kept.Address.Format(), kept.Sequence, kept.Content?.LastDay.ToString(), kept.Records.Count, kept.IsOwn);

    private static async Task<NameAddress> ReadAsync(HttpContext context) =>
        Parse((await Answers.ReadAsync(context, NameJson.Default.NameRequest)).Name);

    private static string Text(NameRecord record) => Convert.ToBase64String(record.Bytes.Span);

    private static NameRecord Record(string text)
    {
        var bytes = new byte[NameRecordLayout.Bytes];
        return Convert.TryFromBase64String(text, bytes, out int count) && count == bytes.Length
            && NameRecord.TryParse(bytes, out var record)
            ? record
            : throw ControlErrors.BadRequest();
    }
}

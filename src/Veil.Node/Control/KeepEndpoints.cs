using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Veil.Content.Keeping;
using Veil.Content.Keys;
using Veil.Node.Keeping;
using Veil.Storage.State;
using Veil.Wire;

namespace Veil.Node.Control;

/// <summary>Checking and keeping (spec/control.md, section 2.3). Keys come in bodies, never in paths.</summary>
internal sealed class KeepEndpoints(ControlSurface surface)
{
    // Each fetches all that is stored: three times the content with full parity.
    private const int MaxRounds = 4;

    private int _running;

    private VeilNode Node => surface.Node;

    internal async Task CheckAsync(HttpContext context)
    {
        var request = await Answers.ReadAsync(context, ControlJson.Default.KeyRequest);
        var health = await WithinBoundAsync(async () =>
        {
            var (key, _, _) = await ResolveAsync(request.Key, context.RequestAborted);
            return await Node.Keeper.CheckAsync(key, context.RequestAborted);
        });
        await Answers.WriteAsync(context, Of(health), ControlJson.Default.CheckAnswer);
    }

    internal async Task KeepAsync(HttpContext context)
    {
        var request = await Answers.ReadAsync(context, ControlJson.Default.KeepRequest);
        var answer = await WithinBoundAsync(() => KeepAsync(request, context.RequestAborted));
        await Answers.WriteAsync(context, answer, ControlJson.Default.KeepAnswer);
    }

    internal async Task ListAsync(HttpContext context)
    {
        var keeps = await Node.Keeping.ListAsync(context.RequestAborted);
        await Answers.WriteAsync(context, new KeepList([.. keeps.Select(Of)]), ControlJson.Default.KeepList);
    }

    internal async Task UnkeepAsync(HttpContext context)
    {
        var request = await Answers.ReadAsync(context, ControlJson.Default.UnkeepRequest);
        string wanted = request.Keep?.Trim() ?? throw ControlErrors.BadRequest();
        BlockRef? root = ContentKey.TryParse(wanted, out var content, out _) ? content.Capability.RootReference
            : RepairKey.TryParse(wanted, out var repair, out _) ? repair.Root
            : null;
        var removed = await Node.Keeping.RemoveAsync(
            entry => entry.LocalId == wanted || (root is { } known && KeepingService.IsOf(entry, known)),
            context.RequestAborted);
        if (removed is null)
        {
            throw new ControlException(StatusCodes.Status404NotFound, new(
                "not_found", "this node keeps no such thing", "veil keeps lists what it keeps"));
        }

        await Answers.WriteAsync(
            context, new UnkeepAnswer(removed.LocalId, removed.Name), ControlJson.Default.UnkeepAnswer);
    }

    internal async Task RepairKeyAsync(HttpContext context)
    {
        var request = await Answers.ReadAsync(context, ControlJson.Default.KeyRequest);
        var (key, _, _) = await ResolveAsync(request.Key, context.RequestAborted);
        await Answers.WriteAsync(context, new RepairKeyAnswer(key.Format()), ControlJson.Default.RepairKeyAnswer);
    }

    private async Task<KeepAnswer> KeepAsync(KeepRequest request, CancellationToken cancellationToken)
    {
        var (key, name, bytes) = await ResolveAsync(request.Key, cancellationToken);
        var (entry, isNew) = await Node.Keeping.AddAsync(key, name, bytes, cancellationToken);
        if (!request.Now) return new KeepAnswer(entry.LocalId, entry.Name, isNew, null);
        long began = surface.Time.GetTimestamp();
        var report = await Node.Keeping.RunNowAsync(entry, request.NoGrace, cancellationToken);
        var round = new RoundDocument(
            JsonNamingPolicy.SnakeCaseLower.ConvertName(report.Verdict.ToString()),
            report.Stored,
            report.RepairsFailed,
            report.Renewed,
            report.RenewalsFailed,
            Math.Round(surface.Time.GetElapsedTime(began).TotalSeconds, 3),
            Of(report.Left));
        return new KeepAnswer(entry.LocalId, entry.Name, isNew, round);
    }

    private async Task<T> WithinBoundAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return Interlocked.Increment(ref _running) <= MaxRounds
                ? await work()
                : throw ControlErrors.Busy($"{MaxRounds} checks are being made already");
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private async Task<(RepairKey Key, string Name, long? Bytes)> ResolveAsync(
        string? text,
        CancellationToken cancellationToken)
    {
        if (text is null) throw ControlErrors.BadRequest();
        if (RepairKey.IsMeant(text))
        {
            return RepairKey.TryParse(text, out var repair, out string error)
                ? (repair, "", null)
                : throw ControlErrors.BadKey(error);
        }

        return ContentKey.TryParse(text, out var content, out var fault)
            ? await Node.Keeper.ResolveAsync(content, cancellationToken)
            : throw ControlErrors.BadKey(fault);
    }

    private static KeepDocument Of(KeepEntry entry) => new(
        entry.LocalId,
        entry.Name,
        entry.Bytes,
        entry.KeptSince,
        entry.LastRoundAt,
        entry.NextRoundAt,
        entry.LastFault is { } fault ? JsonNamingPolicy.SnakeCaseLower.ConvertName(fault) : null,
        entry.Health is { } health
            ? new KeepHealthDocument(
                health.Stripes, health.SharesNeeded, health.SharesPlaced, health.WorstStripe, health.Healthy)
            : null);

    private static CheckAnswer Of(ObjectHealth health) => new(
        health.Stripes,
        health.Shares.Needed,
        health.Shares.Placed,
        health.WorstStripe.Placed,
        health.IsHealthy)
    {
        SharesUnreachable = health.Shares.Unreachable,
        SharesLost = health.Shares.Lost,
        WorstStripeShares = health.WorstStripe.Shape.TotalShares,
        WorstStripeNeeds = health.WorstStripe.Shape.DataShares,
        StripesBroken = health.StripesBroken,
        CopiedBlocks = health.CopiedBlocks,
        CopiesNeeded = health.Copies.Needed,
        CopiesPlaced = health.Copies.Placed,
        CopiesUnreachable = health.Copies.Unreachable,
        CopiesLost = health.Copies.Lost,
        WorstCopies = health.WorstCopies,
        Full = health.IsFull,
        StoresAsked = health.Stores.Asked,
        StoresSilent = health.Stores.Silent,
    };
}

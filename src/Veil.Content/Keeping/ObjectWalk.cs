using Veil.Content.Edge;
using Veil.Content.Stripes;
using Veil.Content.Transfers;
using Veil.Wire;

namespace Veil.Content.Keeping;

/// <summary>
/// One walk over all stripes and copied blocks of an object in a random order, a few at a time (spec/keeping.md,
/// section 3). One run, one owner.
/// </summary>
internal sealed class ObjectWalk(KeepRound round, RepairMap map, RepairKey key, HealthCount health)
{
    // Stripes next to each other share a block of the map; few enough that an order of groups is a random order.
    private const int StripesOfUnit = 8;

    private readonly PartProbe _probe = new(round);

    /// <summary>Looks at everything.</summary>
    /// <param name="spread">Over how long the visits are spread, with random pauses; zero for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ContentUnavailableException">A block of the stripe map cannot be had.</exception>
    public async Task RunAsync(TimeSpan spread, CancellationToken cancellationToken)
    {
        Unit[] units =
        [
            .. LongRange((map.Plan.Count + StripesOfUnit - 1) / StripesOfUnit)
                .Select(unit => new Unit(Kind.Stripes, unit)),
            .. LongRange(key.ManifestBlocks.Count).Select(index => new Unit(Kind.Manifest, index)),
            .. LongRange(map.InnerCount).Select(index => new Unit(Kind.InnerNode, index)),
            .. map.OwnBlocks().Select(block => new Unit(Kind.MapBlock, block.Index, block.Level)),
        ];
        round.Decisions.Shuffle<Unit>(units);
        var visits = map.Plan.Count + units.LongCount(unit => unit.Kind != Kind.Stripes);

        // So many go on beside each other that each waits so many times longer.
        var pause = spread / visits * round.Options.MaxVisits * 2;
        round.RenewalPause = pause;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TaskWindow window = new(round.Options.MaxVisits);
        try
        {
            foreach (var unit in units)
            {
                await window.WaitForRoomAsync();
                window.Add(VisitAsync(unit, pause, stop.Token));
            }

            await window.DrainAsync();
        }
        finally
        {
            stop.Cancel();
            await window.SettleAsync();
        }

        round.RenewalPause = TimeSpan.Zero;
        await LookAgainAsync(cancellationToken);
    }

    private async Task VisitAsync(Unit unit, TimeSpan pause, CancellationToken cancellationToken)
    {
        if (unit.Kind != Kind.Stripes)
        {
            await PauseAsync(pause, cancellationToken);
            var reference = await ReferenceAsync(unit, cancellationToken);
            health.Set(await _probe.CopiesAsync(reference, cancellationToken));
            return;
        }

        var first = unit.Index * StripesOfUnit;
        long[] stripes =
            [.. LongRange(Math.Min(StripesOfUnit, map.Plan.Count - first)).Select(stripe => first + stripe)];
        round.Decisions.Shuffle<long>(stripes);
        foreach (var stripe in stripes)
        {
            await PauseAsync(pause, cancellationToken);
            health.Set(await LookAtAsync(stripe, null, cancellationToken));
        }
    }

    // A circuit that broke takes what was under way along: that says nothing about a store that answered before or
    // since.
    private async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        round.Tally.EndRests();
        var found = health.Take(default);
        foreach (var known in found.Incomplete.Where(stripe => stripe.Unreachable > 0 || stripe.DoubtfulMask != 0))
        {
            health.Set(await LookAtAsync(known.Stripe, known, cancellationToken));
        }

        foreach (var known in found.IncompleteCopies.Where(block => block.IsDoubtful))
        {
            health.Set(await _probe.CopiesAsync(known.Reference, cancellationToken));
        }
    }

    private async Task<StripeHealth> LookAtAsync(
        long stripe, StripeHealth? known, CancellationToken cancellationToken) => await _probe.StripeAsync(
            stripe,
            await map.GetSharesAsync(stripe, cancellationToken),
            map.Plan.ShapeOf(stripe),
            known,
            cancellationToken);

    private async Task<BlockRef> ReferenceAsync(Unit unit, CancellationToken cancellationToken) => unit.Kind switch
    {
        Kind.Manifest => key.ManifestBlocks[(int)unit.Index],
        Kind.InnerNode => await map.GetInnerNodeAsync(unit.Index, cancellationToken),
        _ => await map.GetOwnBlockAsync(unit.Level, unit.Index, cancellationToken),
    };

    private async ValueTask PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        if (pause <= TimeSpan.Zero) return;
        await Task.Delay(round.Decisions.NextTime(TimeSpan.Zero, pause), round.Fetches.Time, cancellationToken);
    }

    private static IEnumerable<long> LongRange(long count)
    {
        for (long index = 0; index < count; index++) yield return index;
    }

    private readonly record struct Unit(Kind Kind, long Index, int Level = 0);

    private enum Kind
    {
        Stripes,
        Manifest,
        InnerNode,
        MapBlock,
    }
}

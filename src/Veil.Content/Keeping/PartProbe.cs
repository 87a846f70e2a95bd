using Veil.Content.Edge;
using Veil.Content.Stripes;
using Veil.Wire;

namespace Veil.Content.Keeping;

/// <summary>Looks for the shares of stripes and the copies of blocks (spec/keeping.md, section 3). Safe for concurrent
/// use.</summary>
internal sealed class PartProbe(KeepRound round)
{
    /// <summary>Looks for shares of a stripe, all at a time in a random order.</summary>
    /// <param name="stripe">Its number.</param>
    /// <param name="references">Of all its shares, data first.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="known">What is known of it: of shares that are placed already nobody is asked.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StripeHealth> StripeAsync(
        long stripe,
        BlockRef[] references,
        StripeShape shape,
        StripeHealth? known,
        CancellationToken cancellationToken)
    {
        var (present, remembered) = round.Ring.PlacesOf(references);
        var health = known ?? new StripeHealth(stripe, shape, 0, 0);
        int[] order = [.. Enumerable.Range(0, references.Length)
            .Where(share => (health.PlacedMask >> share & 1) == 0)
            .Where(share => known is null || IsWorthALook(health, share, remembered[share]))];
        round.Decisions.Shuffle<int>(order);
        var parts = await Task.WhenAll(order.Select(share => ShareAsync(
            references[share], present[share], remembered[share], cancellationToken)));
        var (placed, unreachable) = (health.PlacedMask, health.UnreachableMask);
        ulong doubtful = 0;
        foreach (var (place, part) in parts.Index())
        {
            var bit = 1UL << order[place];
            placed |= part == Part.Placed ? bit : 0;
            unreachable = part == Part.Unreachable ? unreachable | bit : unreachable & ~bit;
            doubtful |= part == Part.Doubtful ? bit : 0;
        }

        return health with { PlacedMask = placed, UnreachableMask = unreachable, DoubtfulMask = doubtful };
    }

    /// <summary>Looks for all copies of a block.</summary>
    public async Task<CopyHealth> CopiesAsync(BlockRef reference, CancellationToken cancellationToken)
    {
        RelayId[] remembered = [.. round.PlacesOfCopies(round.Ring.Remembered, reference)];
        RelayId[] places = [.. remembered.Union(round.PlacesOfCopies(round.Ring.Present, reference))];
        round.Decisions.Shuffle<RelayId>(places);
        var parts = await CopiesAtAsync(places, reference, cancellationToken);
        var placed = parts.Count(part => part == Part.Placed);
        var unreachable = places.Index().Count(place =>
            parts[place.Index] == Part.Unreachable && remembered.Contains(place.Item));
        var isDoubtful = IsDoubtful(places, parts);
        if (placed < remembered.Length)
        {
            // Where one went whose place failed when it was stored, as a reader finds it.
            RelayId[] further = [.. round.StoresOfCopies(round.Ring.Present, reference).Except(places)];
            round.Decisions.Shuffle<RelayId>(further);
            parts = await CopiesAtAsync(further, reference, cancellationToken);
            placed += parts.Count(part => part == Part.Placed);
            isDoubtful |= IsDoubtful(further, parts);
        }

        // What a place that moved still has counts, and more than enough is not more than all.
        placed = Math.Min(placed, remembered.Length);
        return new CopyHealth(
            reference, remembered.Length, placed, Math.Min(unreachable, remembered.Length - placed))
        {
            IsDoubtful = isDoubtful,
        };
    }

    private bool IsDoubtful(RelayId[] asked, Part[] parts) => asked.Index().Any(place =>
        parts[place.Index] == Part.Unreachable && round.Tally.HasAnswered(place.Item));

    private bool IsWorthALook(StripeHealth health, int share, RelayId place) =>
        (health.DoubtfulMask >> share & 1) != 0
        || ((health.UnreachableMask >> share & 1) != 0 && round.Tally.HasAnswered(place));

    private async Task<Part> ShareAsync(
        BlockRef reference,
        RelayId present,
        RelayId remembered,
        CancellationToken cancellationToken)
    {
        StoreOutcome? ofPresent = null;
        StoreOutcome? ofRemembered = null;
        var isDoubtful = false;
        var buffer = round.Fetches.Pool.Rent();
        try
        {
            foreach (var store in round.StoresOfShare(reference, present, remembered))
            {
                var outcome = await round.LookAsync(store, reference, buffer, cancellationToken);
                if (outcome == StoreOutcome.Done) return Part.Placed;
                isDoubtful |= outcome == StoreOutcome.Failed;
                if (store == present) ofPresent = outcome;
                if (store == remembered) ofRemembered = outcome;
            }
        }
        finally
        {
            round.Fetches.Pool.Return(buffer);
        }

        round.MissRenewal(reference);
        return round.MayHold(remembered, ofRemembered) || round.MayHold(present, ofPresent)
            ? Part.Unreachable
            : isDoubtful ? Part.Doubtful : Part.Lost;
    }

    private Task<Part[]> CopiesAtAsync(
        RelayId[] places, BlockRef reference, CancellationToken cancellationToken) =>
        Task.WhenAll(places.Select(store => CopyAsync(reference, store, cancellationToken)));

    private async Task<Part> CopyAsync(BlockRef reference, RelayId store, CancellationToken cancellationToken)
    {
        if (!round.Ring.IsListed(store)) return round.MayHold(store, null) ? Part.Unreachable : Part.Lost;
        var buffer = round.Fetches.Pool.Rent();
        try
        {
            var outcome = await round.LookAsync(store, reference, buffer, cancellationToken);
            if (outcome == StoreOutcome.Done) return Part.Placed;
            return round.MayHold(store, outcome) ? Part.Unreachable : Part.Lost;
        }
        finally
        {
            round.Fetches.Pool.Return(buffer);
        }
    }

    private enum Part
    {
        Placed,
        Unreachable,
        Doubtful,
        Lost,
    }
}

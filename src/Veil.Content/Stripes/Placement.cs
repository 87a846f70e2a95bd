using Veil.Directory.Ring;
using Veil.Wire;

namespace Veil.Content.Stripes;

/// <summary>
/// Which stores a block belongs to: references and ring decide it alone (spec/stripe.md, sections 4 and 5).
/// </summary>
public static class Placement
{
    /// <summary>Copies of a block that is not striped.</summary>
    public const int Copies = 10;

    /// <summary>Stores that a share is looked for at, and so brought to at most, in the order of
    /// <see cref="Alternatives"/>.</summary>
    public const int StoresLookedAt = 16;

    /// <summary>Points of a reference that are looked at.</summary>
    public const int MaxCandidates = 64;

    /// <summary>The most shares of one stripe that one store is given: ⌈n / stores⌉.</summary>
    public static int SharesPerStore(int totalShares, int stores) => (totalShares + stores - 1) / stores;

    /// <summary>Needed at publication of a block in copies: half of them, rounded up.</summary>
    public static int NeededCopies(int copies) => (copies + 1) / 2;

    /// <summary>The store of each share of a stripe.</summary>
    /// <param name="ring">The stores; at least one.</param>
    /// <param name="references">
    /// The stripe's shares in order, or the first of them: places depend on earlier ones only.
    /// </param>
    /// <param name="totalShares">n of the stripe.</param>
    /// <exception cref="InvalidOperationException">The ring is empty.</exception>
    public static RelayId[] OfStripe(StoreRing ring, ReadOnlySpan<BlockRef> references, int totalShares)
    {
        ArgumentNullException.ThrowIfNull(ring);
        ArgumentOutOfRangeException.ThrowIfLessThan(totalShares, references.Length);
        if (ring.Count == 0) throw new InvalidOperationException("the network has no stores");
        var room = SharesPerStore(totalShares, ring.Count);
        var places = new RelayId[references.Length];
        Dictionary<RelayId, int> held = [];
        for (var share = 0; share < places.Length; share++)
        {
            var store = First(ring, references[share], held, room);
            held[store] = held.GetValueOrDefault(store) + 1;
            places[share] = store;
        }

        return places;
    }

    /// <summary>The stores of a block in copies, at most ten.</summary>
    public static RelayId[] OfCopies(StoreRing ring, BlockRef reference) =>
        [.. Alternatives(ring, reference).Take(Copies)];

    /// <summary>Where else a block may be: the distinct stores of its points, then round the ring. Lazy.</summary>
    public static IEnumerable<RelayId> Alternatives(StoreRing ring, BlockRef reference)
    {
        ArgumentNullException.ThrowIfNull(ring);
        HashSet<RelayId> seen = [];
        for (uint candidate = 0; candidate < MaxCandidates && seen.Count < ring.Count; candidate++)
        {
            var store = ring.Successor(reference, candidate);
            if (seen.Add(store)) yield return store;
        }

        foreach (var store in ring.Stores)
        {
            if (seen.Add(store)) yield return store;
        }
    }

    private static RelayId First(StoreRing ring, BlockRef reference, Dictionary<RelayId, int> held, int room)
    {
        for (uint candidate = 0; candidate < MaxCandidates; candidate++)
        {
            var store = ring.Successor(reference, candidate);
            if (held.GetValueOrDefault(store) < room) return store;
        }

        // There is room: stores times room is at least n.
        return ring.Stores.First(store => held.GetValueOrDefault(store) < room);
    }
}

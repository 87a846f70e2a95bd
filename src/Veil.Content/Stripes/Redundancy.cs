using Veil.Wire;

namespace Veil.Content.Stripes;

/// <summary>What a publication really gives (spec/stripe.md, section 8).</summary>
/// <param name="Stores">Distinct stores that hold any part.</param>
/// <param name="StoresThatMayBeLost">Whole stores, whichever, without which everything is still there.</param>
public readonly record struct Redundancy(int Stores, int StoresThatMayBeLost);

/// <summary>Adds up where shares and copies were acknowledged. Safe for concurrent use; as large as the ring.</summary>
internal sealed class RedundancyCount
{
    private readonly Lock _lock = new();
    private readonly HashSet<RelayId> _stores = [];
    private int _mayBeLost = int.MaxValue;

    /// <summary>What was counted so far.</summary>
    public Redundancy Total
    {
        get
        {
            lock (_lock) return new(_stores.Count, _stores.Count == 0 ? 0 : _mayBeLost);
        }
    }

    /// <summary>Takes over what an earlier run counted, whose stores are not known any more.</summary>
    public void Add(int storesThatMayBeLost)
    {
        lock (_lock) _mayBeLost = Math.Min(_mayBeLost, storesThatMayBeLost);
    }

    /// <summary>Adds one stripe, or one block in copies, for which one part is enough.</summary>
    /// <param name="holders">Who holds each acknowledged part.</param>
    /// <param name="needed">Parts that give the whole back.</param>
    /// <returns>Whole stores, whichever, without which this is still there.</returns>
    public int Add(IReadOnlyCollection<RelayId> holders, int needed)
    {
        // The worst choice of lost stores is always the fullest ones.
        var remaining = holders.Count;
        var lost = 0;
        foreach (var held in holders.GroupBy(store => store).Select(group => group.Count()).OrderDescending())
        {
            remaining -= held;
            if (remaining < needed) break;
            lost++;
        }

        lock (_lock)
        {
            _stores.UnionWith(holders);
            _mayBeLost = Math.Min(_mayBeLost, lost);
        }

        return lost;
    }
}

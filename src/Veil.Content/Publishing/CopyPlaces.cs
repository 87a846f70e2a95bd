using Veil.Content.Edge;
using Veil.Content.Transfers;
using Veil.Wire;

namespace Veil.Content.Publishing;

/// <summary>
/// Stores that the copies of one block may still go to, in order, each given to one copy (spec/stripe.md, section 5).
/// Safe for concurrent use.
/// </summary>
internal sealed class CopyPlaces(IEnumerable<RelayId> stores)
{
    private readonly Lock _lock = new();
    private readonly List<RelayId> _left = [.. stores];
    private readonly List<RelayId> _failed = [];

    /// <summary>The next store that is not suspect, else the next; it is the caller's to try.</summary>
    public bool TryTake(StoreHealth health, out RelayId store)
    {
        lock (_lock) return TryTakeOf(_left, Math.Max(0, FirstGood(_left, health)), out store);
    }

    /// <summary>One that merely failed and is not suspect; it is the caller's to try.</summary>
    public bool TryTakeAgain(StoreHealth health, out RelayId store)
    {
        lock (_lock) return TryTakeOf(_failed, FirstGood(_failed, health), out store);
    }

    /// <summary>How a store that was taken did: one that merely failed may be taken again.</summary>
    public void Report(RelayId store, StoreOutcome outcome)
    {
        if (outcome != StoreOutcome.Failed) return;
        lock (_lock) _failed.Add(store);
    }

    /// <summary>Those that failed may be taken again.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _left.AddRange(_failed);
            _failed.Clear();
        }
    }

    private static int FirstGood(List<RelayId> stores, StoreHealth health) =>
        stores.FindIndex(store => !health.IsSuspect(store));

    private static bool TryTakeOf(List<RelayId> stores, int place, out RelayId store)
    {
        store = default;
        if (place < 0 || place >= stores.Count) return false;
        store = stores[place];
        stores.RemoveAt(place);
        return true;
    }
}

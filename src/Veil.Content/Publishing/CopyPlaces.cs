using Veil.Content.Edge;
using Veil.Wire;

namespace Veil.Content.Publishing;

/// <summary>
/// Stores that the copies of one block may still go to, in order, each given to one copy (spec/stripe.md, section 5).
/// Safe for concurrent use.
/// </summary>
internal sealed class CopyPlaces(IEnumerable<RelayId> stores)
{
    private readonly Lock _lock = new();
    private readonly Queue<RelayId> _left = new(stores);
    private readonly List<RelayId> _failed = [];

    /// <summary>The next store; it is the caller's to try.</summary>
    public bool TryTake(out RelayId store)
    {
        lock (_lock) return _left.TryDequeue(out store);
    }

    /// <summary>How a store that was taken did: one that merely failed may be taken again in the next round.</summary>
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
            foreach (var store in _failed) _left.Enqueue(store);
            _failed.Clear();
        }
    }
}

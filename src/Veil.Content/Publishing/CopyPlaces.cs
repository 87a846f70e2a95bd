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
        lock (_lock)
        {
            store = default;
            if (_left.Count == 0) return false;
            var next = Math.Max(0, _left.FindIndex(left => !health.IsSuspect(left)));
            store = _left[next];
            _left.RemoveAt(next);
            return true;
        }
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
            _left.AddRange(_failed);
            _failed.Clear();
        }
    }
}

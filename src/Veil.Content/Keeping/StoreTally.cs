using Veil.Content.Edge;
using Veil.Content.Transfers;
using Veil.Wire;

namespace Veil.Content.Keeping;

/// <summary>
/// Which stores answer in one round. One that failed several times in a row is not asked for a while, so that a round
/// does not wait for the dead. As large as the ring. Safe for concurrent use.
/// </summary>
internal sealed class StoreTally(TimeProvider time)
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly Dictionary<RelayId, Entry> _entries = [];

    /// <summary>Stores that answered anything.</summary>
    public IReadOnlyList<RelayId> Answered
    {
        get
        {
            lock (_lock) return [.. _entries.Where(entry => entry.Value.Answers > 0).Select(entry => entry.Key)];
        }
    }

    /// <summary>Stores that were asked and answered nothing.</summary>
    public IReadOnlyList<RelayId> Silent
    {
        get
        {
            lock (_lock) return [.. _entries.Where(entry => entry.Value.Answers == 0).Select(entry => entry.Key)];
        }
    }

    /// <summary>How many were asked, and how many of them answered nothing.</summary>
    public (int Asked, int Silent) Counts
    {
        get
        {
            lock (_lock) return (_entries.Count, _entries.Values.Count(entry => entry.Answers == 0));
        }
    }

    /// <summary>Whether a store is to be left alone for now.</summary>
    public bool IsResting(RelayId store)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(store, out var entry) && entry.Faults.Holds(time, Rest);
        }
    }

    /// <summary>Whether a store answered anything.</summary>
    public bool HasAnswered(RelayId store)
    {
        lock (_lock) return _entries.TryGetValue(store, out var entry) && entry.Answers > 0;
    }

    /// <summary>Takes note of how a request ended that began then, by the clock.</summary>
    public void Report(RelayId store, StoreOutcome outcome, long began)
    {
        lock (_lock)
        {
            var entry = _entries.GetValueOrDefault(store);
            _entries[store] = outcome == StoreOutcome.Failed
                ? entry with { Faults = entry.Faults.After(time, began) }
                : new Entry(entry.Answers + 1, default);
        }
    }

    /// <summary>Those that answered anything are asked again, whatever failed since.</summary>
    public void EndRests()
    {
        lock (_lock)
        {
            foreach (var (store, entry) in _entries)
            {
                if (entry.Answers > 0) _entries[store] = entry with { Faults = default };
            }
        }
    }

    private readonly record struct Entry(long Answers, FaultRun Faults);
}

using Veil.Content.Edge;
using Veil.Wire;

namespace Veil.Content.Transfers;

/// <summary>
/// Which stores did not answer lately: they are asked last, never "not at all". As large as the ring. Safe for
/// concurrent use.
/// </summary>
internal sealed class StoreHealth(TimeProvider time)
{
    /// <summary>How long; long enough to spare a stripe its time-outs, short enough to notice a restart.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly Dictionary<RelayId, FaultRun> _faults = [];

    /// <summary>True where the store is to be asked last.</summary>
    public bool IsSuspect(RelayId store)
    {
        lock (_lock)
        {
            return _faults.TryGetValue(store, out var run) && run.Holds(time, Rest);
        }
    }

    /// <summary>Takes note that a store sent what it must not: one such answer is enough.</summary>
    public void Condemn(RelayId store)
    {
        lock (_lock) _faults[store] = FaultRun.Whole(time);
    }

    /// <summary>Takes note that a request takes long: each counts, for the store was waited for.</summary>
    public void KeepsWaiting(RelayId store)
    {
        lock (_lock)
        {
            _faults[store] = _faults.GetValueOrDefault(store).After(time, began: time.GetTimestamp());
        }
    }

    /// <summary>Takes note of how a request ended that began then, by the clock.</summary>
    public void Report(RelayId store, StoreOutcome outcome, long began)
    {
        lock (_lock)
        {
            if (outcome is StoreOutcome.Done or StoreOutcome.NotFound)
            {
                _faults.Remove(store);
                return;
            }

            // A full store stays full for a while, and a dear one dear: one answer is enough.
            _faults[store] = outcome is StoreOutcome.Full or StoreOutcome.TooDear
                ? FaultRun.Whole(time)
                : _faults.GetValueOrDefault(store).After(time, began);
        }
    }
}

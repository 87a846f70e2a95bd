using Veil.Wire;
using Veil.Wire.Seams;

namespace Veil.Circuits.Limits;

/// <summary>
/// When a relay that could not be reached may be tried again (spec/limits.md, section 1). Bounded: when full, whoever
/// may be tried soonest is forgotten. Any thread.
/// </summary>
internal sealed class ReconnectTable(TimeProvider time, DecisionSource decisions, (TimeSpan First, TimeSpan Most) waits)
{
    private const int Bound = 4_096;
    private const int MaxDoublings = 30;

    private readonly Lock _lock = new();
    private readonly Dictionary<RelayId, Failure> _failures = [];

    /// <summary>Relays that are remembered.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _failures.Count;
            }
        }
    }

    /// <summary>Whether an attempt may be made now; a new address or key of the relay makes a new start.</summary>
    internal bool MayTry(RelayAddress relay)
    {
        lock (_lock)
        {
            return !_failures.TryGetValue(relay.Target.Relay, out var failure)
                || failure.Address != relay
                || time.GetElapsedTime(failure.At) >= failure.Wait;
        }
    }

    /// <summary>An attempt failed: the wait doubles, give or take a quarter.</summary>
    internal void Failed(RelayAddress relay)
    {
        double jitter = 0.75 + (decisions.NextBelow(500) / 1000.0);
        lock (_lock)
        {
            var known = _failures.GetValueOrDefault(relay.Target.Relay);
            int count = known is not null && known.Address == relay ? Math.Min(known.Count + 1, MaxDoublings) : 1;
            if (known is null && _failures.Count >= Bound)
            {
                MakeRoom();
            }

            var wait = Math.Min(waits.First.TotalSeconds * Math.Pow(2, count - 1), waits.Most.TotalSeconds);
            _failures[relay.Target.Relay] = new Failure(
                relay, count, time.GetTimestamp(), TimeSpan.FromSeconds(wait * jitter));
        }
    }

    /// <summary>The relay was reached, or reached us.</summary>
    internal void Succeeded(RelayId relay)
    {
        lock (_lock)
        {
            _failures.Remove(relay);
        }
    }

    private void MakeRoom()
    {
        var soonest = _failures.MinBy(entry => entry.Value.Wait - time.GetElapsedTime(entry.Value.At));
        _failures.Remove(soonest.Key);
    }

    private sealed record Failure(RelayAddress Address, int Count, long At, TimeSpan Wait);
}

using Veil.Wire;

namespace Veil.Content.Keeping;

/// <summary>
/// Since when which stores have not answered this keeper (spec/keeping.md, section 3). As large as the ring. Safe for
/// concurrent use.
/// </summary>
public sealed class SilentStores
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RelayId, DateTimeOffset> _since = [];

    /// <summary>Begins with what was known before a restart.</summary>
    public void Restore(IEnumerable<(RelayId Store, DateTimeOffset Since)> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        lock (_lock)
        {
            foreach (var (store, since) in known) _since.TryAdd(store, since);
        }
    }

    /// <summary>What is known now.</summary>
    public IReadOnlyList<(RelayId Store, DateTimeOffset Since)> Snapshot()
    {
        lock (_lock) return [.. _since.Select(entry => (entry.Key, entry.Value))];
    }

    /// <summary>Takes note of a round.</summary>
    /// <param name="answered">Stores that answered anything.</param>
    /// <param name="silent">Stores that were asked and answered nothing; none where the keeper's own connection may
    /// be why.</param>
    /// <param name="listed">Which stores there still are: others are forgotten, their absence is the
    /// consensus's.</param>
    /// <param name="now">The time.</param>
    public void Observe(
        IEnumerable<RelayId> answered,
        IEnumerable<RelayId> silent,
        Func<RelayId, bool> listed,
        DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(answered);
        ArgumentNullException.ThrowIfNull(silent);
        ArgumentNullException.ThrowIfNull(listed);
        lock (_lock)
        {
            foreach (var store in answered) _since.Remove(store);
            foreach (var store in silent) _since.TryAdd(store, now);
            foreach (var store in _since.Keys.Where(store => !listed(store)).ToArray()) _since.Remove(store);
        }
    }

    /// <summary>Whether a store has been silent for the grace: then what it should have is lost.</summary>
    public bool IsGivenUp(RelayId store, DateTimeOffset now, TimeSpan grace)
    {
        lock (_lock) return _since.TryGetValue(store, out var since) && now - since >= grace;
    }
}

using Veil.Wire.Names;

namespace Veil.Storage.Records;

/// <summary>What is known of one day: for each key the newest record, or the two that are a fork. No lock of its own.
/// </summary>
internal sealed class DayRecords
{
    private readonly Dictionary<BlindedKey, (NameRecord First, NameRecord? Second)> _entries = [];

    /// <summary>Keys.</summary>
    internal int Count => _entries.Count;

    /// <summary>All records.</summary>
    internal IReadOnlyList<NameRecord> All =>
        [.. _entries.Values.SelectMany(entry => entry.Second is { } second
            ? new[] { entry.First, second }
            : [entry.First])];

    /// <summary>What is kept under a key; both null where nothing is.</summary>
    internal (NameRecord? First, NameRecord? Second) Find(BlindedKey key) => _entries.GetValueOrDefault(key);

    /// <summary>What is to become of a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="maxKeys">So many keys at most.</param>
    /// <returns>How it ends; null where it is to be kept.</returns>
    internal RecordOutcome? Judge(NameRecord record, int maxKeys)
    {
        var (first, second) = Find(record.Key);
        if (first is null)
        {
            return _entries.Count >= maxKeys ? RecordOutcome.Full : null;
        }

        if (record.Sequence != first.Sequence)
        {
            return record.Sequence < first.Sequence ? RecordOutcome.Outdated : null;
        }

        if (record.Equals(first) || record.Equals(second))
        {
            return RecordOutcome.Stored;
        }

        // Two are proof enough that the owner signed twice, or that somebody else has the key.
        return second is null ? null : RecordOutcome.Outdated;
    }

    /// <summary>Keeps a record that <see cref="Judge"/> let through.</summary>
    internal void Keep(NameRecord record)
    {
        var (first, _) = Find(record.Key);
        _entries[record.Key] = first?.Sequence == record.Sequence ? (first, record) : (record, null);
    }
}

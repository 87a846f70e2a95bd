using System.Collections.Concurrent;
using Veil.Content.Edge;
using Veil.Directory.Ring;
using Veil.Wire;
using Veil.Wire.Names;
using Xunit;

namespace Veil.Tests.Content.Names;

/// <summary>Stores in memory that keep records as real ones do, with faults to be chosen.</summary>
internal sealed class MemoryRecords(int stores) : IRecordNetwork
{
    private readonly ConcurrentDictionary<(RelayId Store, BlindedKey Key), NameRecord[]> _kept = new();

    public StoreRing Ring { get; set; } = TestRing.Of(stores);

    /// <summary>Stores that do not answer.</summary>
    public HashSet<RelayId> Dead { get; } = [];

    /// <summary>Stores that take nothing.</summary>
    public HashSet<RelayId> Full { get; } = [];

    /// <summary>Stores that send what is not signed.</summary>
    public HashSet<RelayId> Liars { get; } = [];

    /// <summary>Stores to which the next way breaks, once.</summary>
    public HashSet<RelayId> CutOff { get; } = [];

    public ConcurrentQueue<(IsolationGroup Group, RelayId Store)> Asked { get; } = new();

    public ConcurrentQueue<IsolationGroup> PutGroups { get; } = new();

    public int Count => _kept.Count;

    /// <summary>Puts a record where a store would not have taken it.</summary>
    public void Force(RelayId store, params NameRecord[] records) => _kept[(store, records[0].Key)] = records;

    public void Clear() => _kept.Clear();

    public async ValueTask<RecordOutcome> PutRecordAsync(
        IsolationGroup group, RelayId store, NameRecord record, CancellationToken cancellationToken)
    {
        await Task.Yield();
        PutGroups.Enqueue(group);
        if (Dead.Contains(store) || CutOff.Remove(store))
        {
            return RecordOutcome.Failed;
        }

        if (Full.Contains(store))
        {
            return RecordOutcome.Refused;
        }

        Assert.True(NameRecord.TryParse(record.Bytes.Span, out _));
        var before = _kept.GetValueOrDefault((store, record.Key)) ?? [];
        if (before.Any(kept => kept.Sequence > record.Sequence))
        {
            return RecordOutcome.Outdated;
        }

        _kept[(store, record.Key)] =
            [.. before.Where(kept => kept.Sequence == record.Sequence && !kept.Equals(record)), record];
        return RecordOutcome.Done;
    }

    public async ValueTask<RecordAnswer> GetRecordAsync(
        IsolationGroup group, RelayId store, BlindedKey key, CancellationToken cancellationToken)
    {
        await Task.Yield();
        Asked.Enqueue((group, store));
        if (Dead.Contains(store))
        {
            return new RecordAnswer(RecordOutcome.Failed);
        }

        if (Liars.Contains(store))
        {
            return new RecordAnswer(RecordOutcome.Lied);
        }

        return _kept.GetValueOrDefault((store, key)) is { } kept
            ? new RecordAnswer(RecordOutcome.Done, kept[0], kept.ElementAtOrDefault(1))
            : new RecordAnswer(RecordOutcome.NotFound);
    }
}

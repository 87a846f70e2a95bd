using Veil.Storage.Blocks;
using Veil.Wire.Seams;

namespace Veil.Storage.Segments;

/// <summary>What the parts of one store share. Owned, and disposed, by <see cref="SegmentStore"/>.</summary>
internal sealed class StoreState : IDisposable
{
    private const int LeastQuotaPerRoom = 64;

    private long _quota;
    private volatile StoreTrouble? _trouble;

    /// <summary>An empty store in a folder that is locked.</summary>
    public StoreState(SegmentStoreOptions options, StoreFolder folder, DecisionSource decisions)
    {
        Options = options;
        Folder = folder;
        Index = new BlockIndex(decisions);
        Leases = new LeaseLog(this);
        Space = new FreeSpace(options);
        _quota = options.QuotaBytes;
    }

    public SegmentStoreOptions Options { get; }

    public StoreFolder Folder { get; }

    public BlockIndex Index { get; }

    public SegmentTable Segments { get; } = new();

    public LeaseLog Leases { get; }

    public CounterSet Counters { get; } = new();

    public FreeSpace Space { get; }

    /// <summary>The most that all files of the store grow to; any thread.</summary>
    public long Quota
    {
        get => Volatile.Read(ref _quota);
        set => Volatile.Write(ref _quota, value);
    }

    /// <summary>
    /// Where the lease logs stop growing: at the quota or, if that was lowered, where the room ends that was set aside
    /// for the blocks that are stored.
    /// </summary>
    public long LeaseCeiling => Math.Max(Quota, Segments.Bytes + LeaseLog.UsualReserveBytes(Index.Count));

    /// <summary>
    /// What new blocks leave free, so that a full store has room for a step of compaction; none where that would be a
    /// large part of it (spec/store.md, section 7).
    /// </summary>
    public long CompactionRoom
    {
        get
        {
            long room = SegmentLayout.TableBytes + Options.CompactionStepBytes;
            return Quota >= room * LeastQuotaPerRoom ? room : 0;
        }
    }

    /// <summary>Why the last new block was not taken; any thread.</summary>
    public StoreTrouble? Trouble
    {
        get => _trouble;
        set => _trouble = value;
    }

    /// <summary>Takes note of what stands in the way of new blocks.</summary>
    public void Report(StorageException exception) => _trouble = new StoreTrouble(exception.Fault, exception.Message);

    /// <summary>Takes a damaged block out of the index, and counts it; false when it is no longer there. Any
    /// thread.</summary>
    public bool Forget(IndexEntry entry, Segment segment)
    {
        if (!Index.Remove(entry.Tag, entry.Position))
        {
            return false;
        }

        segment.RemoveLive();
        Counters.AddCorruptBlock();
        return true;
    }

    /// <summary>What all files of the store take up; any thread.</summary>
    public long Bytes => Segments.Bytes + Leases.Bytes;

    /// <inheritdoc/>
    public void Dispose()
    {
        Segments.Dispose();
        Leases.Dispose();
        Folder.Dispose();
    }
}

using Veil.Wire.Seams;

namespace Veil.Storage.Segments;

/// <summary>What the parts of one store share. Owned, and disposed, by <see cref="SegmentStore"/>.</summary>
internal sealed class StoreState : IDisposable
{
    /// <summary>An empty store in a folder that is locked.</summary>
    public StoreState(SegmentStoreOptions options, StoreFolder folder, DecisionSource decisions)
    {
        Options = options;
        Folder = folder;
        Index = new BlockIndex(decisions);
        Leases = new LeaseLog(this);
    }

    public SegmentStoreOptions Options { get; }

    public StoreFolder Folder { get; }

    public BlockIndex Index { get; }

    public SegmentTable Segments { get; } = new();

    public LeaseLog Leases { get; }

    public CounterSet Counters { get; } = new();

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

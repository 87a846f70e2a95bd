using Veil.Wire.Store;

namespace Veil.Storage.Segments;

/// <summary>Where a store is and how much it may take (spec/store.md, section 7).</summary>
public sealed record SegmentStoreOptions
{
    /// <summary>The least quota: one segment's table, a block, and room for its leases.</summary>
    public const long MinQuotaBytes = 1024 * 1024;

    // What recovery looks through for torn blocks.
    private const int MaxStepBytes = SegmentRecovery.MaxTornSlots * StoreLayout.BlockBytes;

    /// <summary>The folder, usually <c>blocks/</c> in the data folder; made if missing.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// Hard: the files never take more. At least <see cref="MinQuotaBytes"/>. <see cref="SegmentStore.SetQuota"/>
    /// changes it later.
    /// </summary>
    public required long QuotaBytes { get; init; }

    /// <summary>
    /// Bytes of the file system that stay free: a block that would take of them is refused, because a disk that is
    /// full to the brim stops every other program, too. Null: 256 MiB or one hundredth of the file system, whichever
    /// is less. Renewals, which are small, may use it.
    /// </summary>
    public long? ReserveBytes { get; init; }

    /// <summary>
    /// Blocks in one segment file: space comes back a file at a time, and each file costs an open handle. 1 to 8,191.
    /// </summary>
    public int SlotsPerSegment { get; init; } = SegmentLayout.DefaultSlots;

    /// <summary>The most blocks that share one fsync: 64 are 2 MiB, beyond which a batch gains nothing.</summary>
    public int MaxBatch { get; init; } = 64;

    /// <summary>
    /// Bytes of blocks that one step of compaction copies at most (spec/store.md, section 10): a put waits for one step
    /// more. A block to 8 MiB.
    /// </summary>
    public int CompactionStepBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>Of segments with a smaller share of live slots than this the space is won back; 0 never does.</summary>
    public int CompactBelowPercent { get; init; } = 75;

    /// <summary>
    /// The least time between two fsyncs, unless a batch is full; zero, the default: each takes what waits. A node's
    /// store has <see cref="PacedFlush"/>: an fsync, the answers' cells and the wakes on their way cost more than the
    /// blocks, and are shared by what comes meanwhile.
    /// </summary>
    public TimeSpan FlushInterval { get; init; }

    /// <summary>Little beside the way to a store and back, and ten blocks where 16 MiB/s come.</summary>
    public static TimeSpan PacedFlush => TimeSpan.FromMilliseconds(20);

    /// <summary>Writes that wait: as many blocks are held in memory by those who wait (256 are 8 MiB).</summary>
    public int WriteQueue { get; init; } = 256;

    /// <summary>Reads that wait: as many buffers are held by those who wait.</summary>
    public int ReadQueue { get; init; } = 256;

    /// <summary>Reads that are with the disk at once.</summary>
    public int ReaderThreads { get; init; } = 4;

    /// <summary>
    /// Called before each step that changes the disk, on the writer thread; what it throws, the disk threw.
    /// </summary>
    internal Action<DiskStep>? OnStep { get; init; }

    /// <summary>Says how much of the file system is free; null asks the system.</summary>
    internal Func<long>? FreeBytes { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Folder);
        ArgumentOutOfRangeException.ThrowIfNegative(ReserveBytes ?? 0);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(SlotsPerSegment);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SlotsPerSegment, SegmentLayout.MaxSlots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxBatch);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxBatch, SegmentRecovery.MaxTornSlots);
        ArgumentOutOfRangeException.ThrowIfLessThan(FlushInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(WriteQueue);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ReadQueue);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ReaderThreads);
        ArgumentOutOfRangeException.ThrowIfLessThan(CompactionStepBytes, StoreLayout.BlockBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CompactionStepBytes, MaxStepBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(CompactBelowPercent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CompactBelowPercent, 99);
        ValidateQuota(QuotaBytes);
    }

    /// <exception cref="ArgumentOutOfRangeException">The store cannot work with this quota.</exception>
    internal void ValidateQuota(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, MinQuotaBytes);
        var segments = bytes / SegmentLayout.FileBytes(SlotsPerSegment);
        if (segments > SegmentTable.MaxSegments)
        {
            throw new ArgumentOutOfRangeException(
                nameof(bytes), bytes, $"needs more than {SegmentTable.MaxSegments} segments");
        }
    }
}

/// <summary>The steps at which a disk can fail.</summary>
internal enum DiskStep
{
    WriteBlocks,
    FlushBlocks,
    WriteLeases,
    FlushLeases,
    MoveIndex,
    CutSegment,
    DeleteSegment,
}

namespace Veil.Storage.Segments;

/// <summary>What has happened to a store since it was opened.</summary>
/// <param name="CorruptBlocks">Blocks found damaged when read, and forgotten.</param>
/// <param name="DamagedRecords">
/// Headers, start records and leases that were not intact when the store was opened.
/// </param>
/// <param name="ForeignFiles">Files in the folder that Veil did not write, or cannot read; left as they are.</param>
/// <param name="TornBytes">Bytes cut off behind the last intact block or lease when the store was opened.</param>
/// <param name="ReadErrors">Reads that the disk refused.</param>
/// <param name="WriteErrors">Writes, cuts and removals that the disk refused, a full one not counted.</param>
/// <param name="Flushes">Times that the store waited for the disk (fsync of a file).</param>
/// <param name="MovedBlocks">Blocks that compaction copied.</param>
/// <param name="CompactedBytes">By how much compaction made the files smaller.</param>
/// <param name="ScrubbedBlocks">Blocks that scrubs read.</param>
public readonly record struct StoreCounters(
    long CorruptBlocks,
    long DamagedRecords,
    long ForeignFiles,
    long TornBytes,
    long ReadErrors,
    long WriteErrors,
    long Flushes,
    long MovedBlocks,
    long CompactedBytes,
    long ScrubbedBlocks);

/// <summary>The counters as they are counted, from any thread.</summary>
internal sealed class CounterSet
{
    private long _corruptBlocks;
    private long _damagedRecords;
    private long _foreignFiles;
    private long _tornBytes;
    private long _readErrors;
    private long _writeErrors;
    private long _flushes;
    private long _movedBlocks;
    private long _compactedBytes;
    private long _scrubbedBlocks;

    public StoreCounters Snapshot() => new(
        Volatile.Read(ref _corruptBlocks),
        Volatile.Read(ref _damagedRecords),
        Volatile.Read(ref _foreignFiles),
        Volatile.Read(ref _tornBytes),
        Volatile.Read(ref _readErrors),
        Volatile.Read(ref _writeErrors),
        Volatile.Read(ref _flushes),
        Volatile.Read(ref _movedBlocks),
        Volatile.Read(ref _compactedBytes),
        Volatile.Read(ref _scrubbedBlocks));

    public void AddCorruptBlock() => Interlocked.Increment(ref _corruptBlocks);

    public void AddDamagedRecords(long count) => Interlocked.Add(ref _damagedRecords, count);

    public void AddForeignFiles(long count) => Interlocked.Add(ref _foreignFiles, count);

    public void AddTornBytes(long count) => Interlocked.Add(ref _tornBytes, count);

    public void AddReadError() => Interlocked.Increment(ref _readErrors);

    public void AddWriteError() => Interlocked.Increment(ref _writeErrors);

    public void AddFlush() => Interlocked.Increment(ref _flushes);

    public void AddMovedBlocks(long count) => Interlocked.Add(ref _movedBlocks, count);

    public void AddCompactedBytes(long count) => Interlocked.Add(ref _compactedBytes, count);

    public void AddScrubbedBlocks(long count) => Interlocked.Add(ref _scrubbedBlocks, count);
}

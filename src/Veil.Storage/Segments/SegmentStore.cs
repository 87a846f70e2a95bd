using System.Diagnostics;
using Veil.Storage.Blocks;
using Veil.Storage.Threads;
using Veil.Wire;
using Veil.Wire.Seams;
using Veil.Wire.Store;

namespace Veil.Storage.Segments;

/// <summary>
/// The blocks of a store in segment files (spec/store.md, sections 4 to 6): one thread writes, and a flush covers all
/// that waited for it; a few threads read what the system does not have in memory. Nothing here waits for a disk on a
/// thread of the pool.
/// </summary>
public sealed class SegmentStore : IBlockStore
{
    private readonly SegmentStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly DecisionSource _decisions;
    private readonly DedicatedWorkers<StoreWork> _writer;
    private readonly DedicatedWorkers<ReadWork> _readers;

    // Set by the writer thread before the store is handed out.
    private StoreState? _state;
    private SegmentAppender? _appender;
    private BlockReader? _reader;
    private SegmentCompactor? _compactor;
    private SegmentWalk? _walk;

    private SegmentStore(SegmentStoreOptions options, TimeProvider time, DecisionSource decisions)
    {
        _options = options;
        _time = time;
        _decisions = decisions;
        var pace = options.FlushInterval > TimeSpan.Zero ? new BatchPace(options.FlushInterval, time) : null;
        var writing = new WorkerBounds(Threads: 1, options.WriteQueue, options.MaxBatch, pace);
        _writer = new DedicatedWorkers<StoreWork>("veil-store-writer", writing, ProcessWrites);
        var reading = new WorkerBounds(options.ReaderThreads, options.ReadQueue, MaxBatch: 1);
        _readers = new DedicatedWorkers<ReadWork>("veil-store-reader", reading, ProcessReads);
    }

    /// <inheritdoc/>
    public long BlockCount => State.Index.Count;

    /// <inheritdoc/>
    public long Bytes => State.Bytes;

    /// <inheritdoc/>
    public long Quota => State.Quota;

    /// <inheritdoc/>
    public StoreTrouble? Trouble => State.Trouble;

    /// <summary>Bytes of the file system that are left free (spec/store.md, section 4).</summary>
    public long ReserveBytes => State.Space.ReserveBytes;

    /// <summary>What has happened since the store was opened.</summary>
    public StoreCounters Counters => State.Counters.Snapshot();

    /// <summary>Memory that the index takes, in bytes.</summary>
    public long IndexBytes => State.Index.TableBytes;

    private StoreState State
    {
        get
        {
            Debug.Assert(_state is not null, "a store is handed out only when it is open");
            return _state!;
        }
    }

    /// <summary>Opens a store or makes a new one; the index is rebuilt from the headers, not from the blocks.</summary>
    /// <param name="options">Where and how much.</param>
    /// <param name="time">Says which leases are over.</param>
    /// <param name="decisions">Keys the index.</param>
    /// <param name="cancellationToken">Gives up before the opening starts.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="StorageException">
    /// The folder is in use, cannot be written, or a newer version wrote it; or the disk failed.
    /// </exception>
    public static async Task<SegmentStore> OpenAsync(
        SegmentStoreOptions options,
        TimeProvider time,
        DecisionSource decisions,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(decisions);
        options.Validate();
        var store = new SegmentStore(options, time, decisions);
        try
        {
            var open = new OpenWork();
            await store._writer.EnqueueAsync(open, cancellationToken);
            await open.Done;
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public void SetQuota(long bytes)
    {
        _options.ValidateQuota(bytes);
        State.Quota = bytes;
        if (State.Trouble?.Fault == StorageFault.QuotaReached)
        {
            // The next new block finds out anew.
            State.Trouble = null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<PutOutcome> PutAsync(
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        Lease lease,
        CancellationToken cancellationToken)
    {
        RequireBlockLength(block.Length, nameof(block));
        if (lease == default)
        {
            throw new ArgumentException("a lease ends at some time", nameof(lease));
        }

        var work = new PutWork(reference, block, lease);
        await _writer.EnqueueAsync(work, cancellationToken);
        return await work.Done;
    }

    /// <inheritdoc/>
    public ValueTask<bool> TryReadAsync(
        BlockRef reference,
        Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        RequireBlockLength(destination.Length, nameof(destination));

        // Handing a block over to a thread and back costs as much as reading one that the system has in memory.
        return _reader!.TryReadCached(reference, destination.Span) is { } isHere
            ? ValueTask.FromResult(isHere)
            : ReadAsync(
                () => _reader!.TryRead(reference, destination.Span, forgetUnreadable: false, out _), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<long> ExpireAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        long expired = 0;
        for (var part = 0; part < BlockIndex.Parts; part++)
        {
            var swept = part;
            expired += await UpkeepAsync(() => _appender!.Expire(now, swept), cancellationToken);
        }

        return expired;
    }

    /// <summary>
    /// Does one step of compaction, bounded in bytes and slots (spec/store.md, section 10). Puts and renewals go on
    /// before and after it, reads meanwhile.
    /// </summary>
    public ValueTask<CompactionStep> CompactAsync(CancellationToken cancellationToken) =>
        UpkeepAsync(() => _compactor!.Step(), cancellationToken);

    /// <summary>Reads and verifies blocks from a place on (spec/store.md, section 11).</summary>
    /// <param name="from">The place; the default is the beginning.</param>
    /// <param name="blocks">How many at most.</param>
    /// <param name="cancellationToken">Gives up before it begins.</param>
    public ValueTask<ScrubStep> ScrubAsync(StorePosition from, int blocks, CancellationToken cancellationToken) =>
        ReadAsync(() => _walk!.Scrub(from, blocks), cancellationToken);

    /// <summary>Names the blocks from a place on, for those who hand them over (spec/store.md, section 12).</summary>
    /// <param name="from">The place; the default is the beginning.</param>
    /// <param name="slots">How many slots to look at, at most.</param>
    /// <param name="cancellationToken">Gives up before it begins.</param>
    /// <exception cref="IOException">The disk refuses to read the headers.</exception>
    public ValueTask<StoredBlocks> ListAsync(StorePosition from, int slots, CancellationToken cancellationToken) =>
        ReadAsync(() => _walk!.List(from, slots), cancellationToken);

    /// <summary>
    /// Completes what was asked before, then closes the files and lets others have the folder. Idempotent.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _readers.DisposeAsync();
        _state?.Dispose();
    }

    private static void RequireBlockLength(int length, string name)
    {
        if (length != StoreLayout.BlockBytes)
        {
            throw new ArgumentException($"expected {StoreLayout.BlockBytes} bytes, got {length}", name);
        }
    }

    private async ValueTask<T> UpkeepAsync<T>(Func<T> step, CancellationToken cancellationToken)
    {
        var work = new UpkeepWork<T>(step);
        await _writer.EnqueueAsync(work, cancellationToken);
        return await work.Done;
    }

    private async ValueTask<T> ReadAsync<T>(Func<T> read, CancellationToken cancellationToken)
    {
        var work = new ReadWork<T>(read);
        await _readers.EnqueueAsync(work, cancellationToken);
        return await work.Done;
    }

    private void ProcessWrites(IReadOnlyList<StoreWork> batch)
    {
        if (_appender is not null)
        {
            _appender.Process(batch);
            return;
        }

        // The opening comes first, and nobody has the store to ask for more before it is done.
        var open = (OpenWork)batch[0];
        try
        {
            _state = new StoreState(_options, StoreFolder.Open(_options.Folder), _decisions);
            _reader = new BlockReader(_state);
            var appender = new SegmentAppender(_state, _reader);
            new SegmentRecovery(_state, appender).Run();
            _compactor = new SegmentCompactor(_state, appender);
            _walk = new SegmentWalk(_state);
            _appender = appender;
            open.Complete();
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            open.Fail(DiskFault.Of(exception, _options.Folder));
        }
        catch (Exception exception)
        {
            open.Fail(exception);
        }
    }

    private void ProcessReads(IReadOnlyList<ReadWork> batch)
    {
        foreach (var work in batch)
        {
            work.Run();
        }
    }

    private sealed class OpenWork : StoreWork
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        public void Complete() => _done.TrySetResult();

        public override void Fail(Exception exception) => _done.TrySetException(exception);
    }
}

using Microsoft.Win32.SafeHandles;
using Veil.Wire;

namespace Veil.Storage.Segments;

/// <summary>
/// The renewed leases, one record each, appended (spec/store.md, section 5). Rewritten without what is outdated when
/// it grows beyond twice the number of blocks, and whenever the store opens. Writer thread only, except
/// <see cref="Bytes"/>.
/// </summary>
internal sealed class LeaseLog(StoreState state) : IDisposable
{
    private const int SlackRecords = 1024;
    private const int ChunkBytes = 1024 * SegmentLayout.RecordBytes;

    private readonly List<uint> _old = [];
    private SafeFileHandle? _handle;
    private uint _number;
    private uint _lastNumber;
    private long _currentBytes;
    private long _oldBytes;
    private long _bytes;

    /// <summary>What the log takes up; any thread.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>
    /// Room to set aside for this many blocks: the log at its longest, and its rewritten copy beside it.
    /// </summary>
    public long ReserveBytes(long blocks) =>
        Math.Max(UsualReserveBytes(blocks), Bytes + (SegmentLayout.RecordBytes * (blocks + 2)));

    /// <summary>The same unless many blocks expired since the log was last rewritten.</summary>
    public static long UsualReserveBytes(long blocks) =>
        SegmentLayout.RecordBytes * (SlackRecords + (3 * blocks) + 2);

    /// <summary>Makes the records durable; false when the quota has no room for them.</summary>
    /// <exception cref="IOException">The disk failed or is full; the log is as before.</exception>
    public bool TryAppend(IReadOnlyList<SegmentRecord> leases)
    {
        if ((Bytes / SegmentLayout.RecordBytes) + leases.Count > SlackRecords + (2 * state.Index.Count))
        {
            TryRewrite();
        }

        var needed = SegmentLayout.RecordBytes * (leases.Count + (_handle is null ? 1L : 0L));
        if (state.Bytes + needed > state.LeaseCeiling)
        {
            return false;
        }

        var buffer = new byte[leases.Count * SegmentLayout.RecordBytes];
        for (var index = 0; index < leases.Count; index++)
        {
            leases[index].Write(buffer.AsSpan(index * SegmentLayout.RecordBytes));
        }

        Start();
        try
        {
            state.Options.OnStep?.Invoke(DiskStep.WriteLeases);
            RandomAccess.Write(_handle!, buffer, _currentBytes);
            state.Options.OnStep?.Invoke(DiskStep.FlushLeases);
            RandomAccess.FlushToDisk(_handle!);
            state.Counters.AddFlush();
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            CutBack();
            throw;
        }

        _currentBytes += buffer.Length;
        Count();
        return true;
    }

    /// <summary>Reads the logs of a store that opens, and extends the leases of the blocks in the index.</summary>
    public void Recover(IReadOnlyList<uint> numbers)
    {
        foreach (var number in numbers)
        {
            _lastNumber = Math.Max(_lastNumber, number);
            var path = state.Folder.LeasePath(number);
            var content = Scan(
                path,
                lease => state.Index.ExtendAll(state.Index.TagOf(new BlockRef(lease.Reference)), lease.Value));
            if (content.Records == 0 && !content.HasStart && !content.IsBlank)
            {
                state.Counters.AddForeignFiles(1);
                continue;
            }

            state.Counters.AddDamagedRecords(content.Damaged);
            state.Counters.AddTornBytes(content.TornBytes);
            _old.Add(number);
            _oldBytes += content.Bytes;
        }

        Count();
        if (_old.Count > 0)
        {
            TryRewrite();
        }
    }

    /// <summary>
    /// Writes what still counts into a new log and removes the old ones; leaves everything as it is when there is no
    /// room or the disk fails.
    /// </summary>
    public void TryRewrite()
    {
        var most = Math.Min(Bytes / SegmentLayout.RecordBytes, state.Index.Count) + 1;
        // Where the quota was lowered below what is used, rewriting is what makes the log shorter.
        if (state.Bytes <= state.Quota && state.Bytes + (most * SegmentLayout.RecordBytes) > state.LeaseCeiling)
        {
            return;
        }

        List<uint> sources = _handle is null ? [.. _old] : [.. _old, _number];
        var number = checked(_lastNumber + 1);
        long bytes;
        try
        {
            bytes = Rewrite(sources, number);
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            // The old logs stay; the next renewal tries again.
            Discard(number);
            return;
        }

        _lastNumber = number;
        _handle?.Dispose();
        _handle = null;
        _currentBytes = 0;
        Remove(sources);
        if (bytes > SegmentLayout.RecordBytes)
        {
            Open(number, FileMode.Open);
            _currentBytes = bytes;
        }

        Count();
    }

    /// <inheritdoc/>
    public void Dispose() => _handle?.Dispose();

    private long Rewrite(List<uint> sources, uint number)
    {
        // Only a crash before the old logs were removed leaves a lease twice, and only in different files.
        var seen = sources.Count > 1 ? new HashSet<ulong>() : null;
        var path = state.Folder.LeasePath(number);
        long bytes;
        using (var output = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, ChunkBytes))
        {
            Span<byte> record = stackalloc byte[SegmentLayout.RecordBytes];
            new SegmentRecord(RecordKind.LeaseLogStart, number, 0, default).Write(record);
            output.Write(record);
            foreach (var source in sources)
            {
                Scan(state.Folder.LeasePath(source), lease => Copy(lease, seen, output));
            }

            bytes = output.Position;
            output.Flush(flushToDisk: true);
            state.Counters.AddFlush();
        }

        if (bytes == SegmentLayout.RecordBytes)
        {
            File.Delete(path);
        }

        state.Folder.Flush();
        return bytes;
    }

    /// <summary>
    /// Removes logs that were rewritten; one that stays is read again when the store opens: harmless.
    /// </summary>
    private void Remove(List<uint> sources)
    {
        _old.Clear();
        _oldBytes = 0;
        foreach (var source in sources)
        {
            var file = new FileInfo(state.Folder.LeasePath(source));
            try
            {
                file.Delete();
            }
            catch (Exception exception) when (DiskFault.Is(exception))
            {
                _old.Add(source);
                _oldBytes += file.Length;
            }
        }
    }

    private void Copy(SegmentRecord lease, HashSet<ulong>? seen, FileStream output)
    {
        var tag = state.Index.TagOf(new BlockRef(lease.Reference));
        if (state.Index.HasLease(tag, lease.Value) && seen?.Add(tag) != false)
        {
            Span<byte> record = stackalloc byte[SegmentLayout.RecordBytes];
            lease.Write(record);
            output.Write(record);
        }
    }

    private void Start()
    {
        if (_handle is not null)
        {
            return;
        }

        _lastNumber = checked(_lastNumber + 1);
        Open(_lastNumber, FileMode.CreateNew);
        Span<byte> record = stackalloc byte[SegmentLayout.RecordBytes];
        new SegmentRecord(RecordKind.LeaseLogStart, _number, 0, default).Write(record);
        try
        {
            RandomAccess.Write(_handle!, record, 0);
            state.Folder.Flush();
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            _handle!.Dispose();
            _handle = null;
            Discard(_number);
            throw;
        }

        _currentBytes = record.Length;
        Count();
    }

    // What cannot be cut off lies behind the end that counts: the next record is written over it.
    private void CutBack()
    {
        try
        {
            RandomAccess.SetLength(_handle!, _currentBytes);
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            state.Counters.AddWriteError();
        }
    }

    // A log that was not finished; if it stays, it is read again when the store opens: harmless.
    private void Discard(uint number)
    {
        _lastNumber = Math.Max(_lastNumber, number);
        try
        {
            File.Delete(state.Folder.LeasePath(number));
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            state.Counters.AddWriteError();
        }
    }

    private void Open(uint number, FileMode mode)
    {
        _number = number;
        _handle = File.OpenHandle(
            state.Folder.LeasePath(number), mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    private void Count() => Volatile.Write(ref _bytes, _currentBytes + _oldBytes);

    /// <summary>Hands every intact lease of a log to <paramref name="onLease"/>.</summary>
    private static LogContent Scan(string path, Action<SegmentRecord> onLease)
    {
        using var input = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, ChunkBytes);
        var content = new LogContent(input.Length, HasStart: false, IsBlank: true, 0, 0, 0);
        Span<byte> record = stackalloc byte[SegmentLayout.RecordBytes];
        long damagedSince = 0;
        long index = 0;
        while (input.ReadAtLeast(record, record.Length, throwOnEndOfStream: false) is > 0 and var count)
        {
            var whole = record[..count];
            content = content with { IsBlank = content.IsBlank && !whole.ContainsAnyExcept((byte)0) };
            if (index++ == 0 && SegmentRecord.TryRead(whole, RecordKind.LeaseLogStart, out _))
            {
                content = content with { HasStart = true, IntactEnd = input.Position };
            }
            else if (SegmentRecord.TryRead(whole, RecordKind.Lease, out var lease))
            {
                onLease(lease);
                content = content with
                {
                    Records = content.Records + 1,
                    Damaged = content.Damaged + damagedSince,
                    IntactEnd = input.Position,
                };
                damagedSince = 0;
            }
            else
            {
                damagedSince++;
            }
        }

        return content;
    }

    private readonly record struct LogContent(
        long Bytes,
        bool HasStart,
        bool IsBlank,
        long Records,
        long Damaged,
        long IntactEnd)
    {
        /// <summary>
        /// What is not intact at the end of the file is what a crash tore; before that, it is damage.
        /// </summary>
        public long TornBytes => Bytes - IntactEnd;
    }
}

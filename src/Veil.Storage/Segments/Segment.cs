using Microsoft.Win32.SafeHandles;
using Veil.Wire.Store;

namespace Veil.Storage.Segments;

/// <summary>
/// One segment file (spec/store.md, section 5). Reading is safe from any thread; writing, and the fields without
/// a remark, belong to the store's writer thread.
/// </summary>
internal sealed class Segment : IDisposable
{
    private readonly SafeFileHandle _handle;
    private int _live;
    private int _used;

    private Segment(string path, uint number, SafeFileHandle handle)
    {
        Path = path;
        Number = number;
        _handle = handle;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The number in its name.</summary>
    public uint Number { get; }

    /// <summary>Its index in the table of segments.</summary>
    public int TableIndex { get; set; }

    /// <summary>Slots with a payload that is on disk, from 0 on; any thread reads it.</summary>
    public int UsedSlots
    {
        get => Volatile.Read(ref _used);
        set => Volatile.Write(ref _used, value);
    }

    /// <summary>What the file takes up.</summary>
    public long FileBytes { get; set; }

    /// <summary>What its payloads looked like when they were last compared with their references; any thread.</summary>
    public PayloadMarks Marks { get; } = new();

    /// <summary>Slots that the index points to; any thread.</summary>
    public int LiveSlots => Volatile.Read(ref _live);

    /// <summary>A new file with nothing but its start record. Fails if there is one under that name.</summary>
    public static Segment Create(string path, uint number)
    {
        var segment = new Segment(path, number, OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite));
        try
        {
            Span<byte> start = stackalloc byte[SegmentLayout.RecordBytes];
            new SegmentRecord(RecordKind.SegmentStart, number, 0, default).Write(start);
            RandomAccess.Write(segment._handle, start, 0);
            return segment;
        }
        catch
        {
            segment.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>An existing file.</summary>
    public static Segment Open(string path, uint number)
    {
        var segment = new Segment(path, number, OpenHandle(path, FileMode.Open, FileAccess.ReadWrite));
        segment.FileBytes = RandomAccess.GetLength(segment._handle);
        return segment;
    }

    /// <summary>The position by which the index names a slot.</summary>
    public uint PositionOf(int slot) => ((uint)TableIndex << SegmentLayout.SlotBits) | (uint)slot;

    /// <summary>One more slot that the index points to; any thread.</summary>
    public void AddLive() => Interlocked.Increment(ref _live);

    /// <summary>One slot less that the index points to; any thread.</summary>
    public void RemoveLive() => Interlocked.Decrement(ref _live);

    /// <summary>The table as far as the file has it, and the number of bytes that it has.</summary>
    public int ReadTable(Span<byte> table) => ReadFully(table[..SegmentLayout.TableBytes], 0);

    /// <summary>Reads a slot's payload; false when the file ends before its end.</summary>
    public bool TryReadPayload(int slot, Span<byte> payload) =>
        ReadFully(payload[..StoreLayout.BlockBytes], SegmentLayout.PayloadOffset(slot)) == StoreLayout.BlockBytes;

    /// <summary>Reads a slot's payload if that needs no disk; false says nothing about the file.</summary>
    public bool TryReadCachedPayload(int slot, Span<byte> payload) =>
        CachedRead.TryRead(_handle, payload[..StoreLayout.BlockBytes], SegmentLayout.PayloadOffset(slot));

    /// <summary>Reads a slot's header; false when it is not intact, or another slot's.</summary>
    public bool TryReadHeader(int slot, out SegmentRecord header)
    {
        Span<byte> record = stackalloc byte[SegmentLayout.RecordBytes];
        header = default;
        return ReadFully(record, SegmentLayout.HeaderOffset(slot)) == record.Length
            && SegmentRecord.TryRead(record, RecordKind.Block, out header)
            && header.Slot == (uint)slot;
    }

    /// <summary>Writes headers and payloads into the slots from <see cref="UsedSlots"/> on; not durable yet.</summary>
    public void Write(ReadOnlySpan<byte> headers, IReadOnlyList<ReadOnlyMemory<byte>> payloads)
    {
        RandomAccess.Write(_handle, payloads, SegmentLayout.PayloadOffset(UsedSlots));
        RandomAccess.Write(_handle, headers, SegmentLayout.HeaderOffset(UsedSlots));
    }

    /// <summary>Makes what was written durable (fsync).</summary>
    public void Flush() => RandomAccess.FlushToDisk(_handle);

    /// <summary>Cuts off what lies behind the used slots.</summary>
    public void Truncate()
    {
        RandomAccess.SetLength(_handle, SegmentLayout.FileBytes(UsedSlots));
        FileBytes = SegmentLayout.FileBytes(UsedSlots);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle OpenHandle(string path, FileMode mode, FileAccess access) =>
        File.OpenHandle(path, mode, access, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);

    private int ReadFully(Span<byte> destination, long offset)
    {
        var total = 0;
        while (total < destination.Length)
        {
            var count = RandomAccess.Read(_handle, destination[total..], offset + total);
            if (count == 0)
            {
                break;
            }

            total += count;
        }

        return total;
    }
}

namespace Veil.Storage.Segments;

/// <summary>
/// The segments by the index that positions use. Changed by the writer thread only; read from any thread. A place is
/// used again after its segment is gone: a reader that comes too late finds another block there, and checks.
/// </summary>
internal sealed class SegmentTable : IDisposable
{
    /// <summary>What the bits of a position beside the slot can number.</summary>
    public const int MaxSegments = 1 << (32 - SegmentLayout.SlotBits);

    private volatile Segment?[] _segments = [];
    private long _bytes;

    /// <summary>Bytes of all segment files; any thread.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>All segments there are.</summary>
    public IEnumerable<Segment> All => _segments.OfType<Segment>();

    /// <summary>The segment of a position, unless it is gone.</summary>
    public Segment? At(uint position)
    {
        var segments = _segments;
        var index = (int)(position >> SegmentLayout.SlotBits);
        return index < segments.Length ? segments[index] : null;
    }

    /// <summary>The slot of a position.</summary>
    public static int SlotOf(uint position) => (int)(position & ((1 << SegmentLayout.SlotBits) - 1));

    /// <summary>Gives the segment a place.</summary>
    public void Add(Segment segment)
    {
        var index = Array.IndexOf(_segments, null);
        if (index < 0)
        {
            index = _segments.Length;
            if (index == MaxSegments)
            {
                throw new IOException($"the store has {MaxSegments} segments and cannot have more");
            }

            _segments = [.. _segments, null];
        }

        segment.TableIndex = index;
        _segments[index] = segment;
    }

    /// <summary>Deletes the segment's file and takes the segment out.</summary>
    public void Delete(Segment segment)
    {
        File.Delete(segment.Path);
        _segments[segment.TableIndex] = null;
        segment.Dispose();
        AddBytes(-segment.FileBytes);
    }

    /// <summary>Counts what the files grew or shrank by.</summary>
    public void AddBytes(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>Counts the slots that a segment has used since.</summary>
    public void Grow(Segment segment)
    {
        var grown = SegmentLayout.FileBytes(segment.UsedSlots) - segment.FileBytes;
        segment.FileBytes += grown;
        AddBytes(grown);
    }

    /// <summary>Cuts a segment off behind its first slots.</summary>
    /// <exception cref="IOException">The disk failed; the file is as before.</exception>
    public void Cut(Segment segment, int slots)
    {
        var before = segment.FileBytes;
        var used = segment.UsedSlots;
        segment.UsedSlots = slots;
        try
        {
            segment.Truncate();
        }
        catch
        {
            segment.UsedSlots = used;
            throw;
        }

        AddBytes(segment.FileBytes - before);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var segment in All)
        {
            segment.Dispose();
        }
    }
}

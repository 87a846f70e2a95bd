using System.Buffers.Binary;

namespace Veil.Content.Pictures;

/// <summary>Reads a part of a file.</summary>
/// <param name="destination">Filled from its beginning.</param>
/// <param name="offset">Where in the file.</param>
/// <returns>Bytes read; 0 at the end of the file.</returns>
public delegate int ReadAt(Span<byte> destination, long offset);

/// <summary>
/// The bytes of a file in any order, through a window of bounded size. Reading beyond the end gives false or -1, never
/// an exception. One owner.
/// </summary>
public sealed class PictureBytes
{
    private const int WindowBytes = 64 * 1024;

    private readonly ReadAt _read;
    private readonly byte[] _window = new byte[WindowBytes];
    private long _start;
    private int _count;

    /// <summary>Bytes of something that is read piece by piece.</summary>
    /// <param name="read">Reads them.</param>
    /// <param name="length">How many there are; of more nothing is known.</param>
    public PictureBytes(ReadAt read, long length)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _read = read;
        Length = length;
    }

    /// <summary>How many there are.</summary>
    public long Length { get; }

    /// <summary>Whether as many bytes as given are there.</summary>
    public bool Has(long offset, long count) =>
        offset >= 0 && count >= 0 && offset <= Length && count <= Length - offset;

    /// <summary>Copies bytes out; false where they are not all there.</summary>
    public bool TryCopy(long offset, Span<byte> destination)
    {
        if (!Has(offset, destination.Length)) return false;
        while (!destination.IsEmpty)
        {
            var seen = Look(offset);
            if (seen.IsEmpty) return false;
            var count = Math.Min(seen.Length, destination.Length);
            seen[..count].CopyTo(destination);
            destination = destination[count..];
            offset += count;
        }

        return true;
    }

    /// <summary>One byte, or -1.</summary>
    public int At(long offset) => Look(offset) is [var first, ..] ? first : -1;

    /// <summary>Whether these bytes stand at this place.</summary>
    public bool IsAt(long offset, ReadOnlySpan<byte> expected)
    {
        Span<byte> found = stackalloc byte[expected.Length];
        return TryCopy(offset, found) && found.SequenceEqual(expected);
    }

    /// <summary>Two bytes as a number, or -1.</summary>
    public int UInt16At(long offset, bool littleEndian)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        return !TryCopy(offset, bytes) ? -1
            : littleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(bytes)
            : BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }

    /// <summary>Four bytes as a number, or -1.</summary>
    public long UInt32At(long offset, bool littleEndian)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        return !TryCopy(offset, bytes) ? -1
            : littleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes)
            : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    /// <summary>Where a byte stands next, or -1.</summary>
    public long IndexOf(byte value, long from)
    {
        while (true)
        {
            var seen = Look(from);
            if (seen.IsEmpty) return -1;
            var found = seen.IndexOf(value);
            if (found >= 0) return from + found;
            from += seen.Length;
        }
    }

    /// <summary>Whether a text of ASCII stands within a part, of which the first 64 KiB are looked at.</summary>
    public bool Contains(long offset, long count, ReadOnlySpan<byte> text)
    {
        var part = new byte[(int)Math.Min(count, WindowBytes)];
        return TryCopy(offset, part) && part.AsSpan().IndexOf(text) >= 0;
    }

    // What the window shows from a place on; nothing beyond the end.
    private ReadOnlySpan<byte> Look(long offset)
    {
        if (offset < 0 || offset >= Length) return default;
        if (offset < _start || offset >= _start + _count)
        {
            _start = offset;
            _count = 0;
            var wanted = (int)Math.Min(WindowBytes, Length - offset);
            while (_count < wanted
                && _read(_window.AsSpan(_count, wanted - _count), offset + _count) is > 0 and var read)
            {
                _count += read;
            }
        }

        return _window.AsSpan(0, _count)[(int)Math.Min(offset - _start, _count)..];
    }
}

using System.Buffers;
using Veil.Noise;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Links.Record;

/// <summary>How far one attempt to read a record came.</summary>
public enum RecordStatus
{
    /// <summary>A record was opened.</summary>
    Opened,

    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>The link must close.</summary>
    Refused,
}

/// <summary>
/// Opens records from a byte stream (spec/record.md, section 2). Sans-I/O; one task uses it.
/// </summary>
public sealed class RecordReader(CounterCipher cipher)
{
    private readonly byte[] _gathered = new byte[RecordLayout.MaxBytes];

    /// <summary>Why the last attempt was refused.</summary>
    public CloseReason Refusal { get; private set; }

    /// <summary>Opens the first record of <paramref name="buffer"/> into <paramref name="cells"/> and moves the
    /// buffer past it.</summary>
    /// <param name="buffer">Bytes received and not yet used.</param>
    /// <param name="cells">Room for 8 cells.</param>
    /// <param name="count">Cells in the record.</param>
    public RecordStatus TryRead(ref ReadOnlySequence<byte> buffer, Span<byte> cells, out int count)
    {
        count = 0;
        if (buffer.IsEmpty)
        {
            return RecordStatus.Incomplete;
        }

        int announced = FirstByte(buffer);
        if (announced is < 1 or > CellLayout.MaxCellsPerRecord)
        {
            Refusal = CloseReason.Malformed;
            return RecordStatus.Refused;
        }

        int total = RecordLayout.TotalBytes(announced);
        if (buffer.Length < total)
        {
            return RecordStatus.Incomplete;
        }

        ReadOnlySequence<byte> record = buffer.Slice(0, total);
        ReadOnlySpan<byte> bytes = record.FirstSpan;
        if (!record.IsSingleSegment)
        {
            record.CopyTo(_gathered);
            bytes = _gathered.AsSpan(0, total);
        }

        Span<byte> plain = cells[..(announced * CellLayout.CellBytes)];
        if (!cipher.TryOpen(plain, bytes[RecordLayout.HeaderBytes..], bytes[..RecordLayout.HeaderBytes]))
        {
            Refusal = CloseReason.AuthenticationFailed;
            return RecordStatus.Refused;
        }

        buffer = buffer.Slice(total);
        count = announced;
        return RecordStatus.Opened;
    }

    // The sequence may begin with an empty piece.
    private static byte FirstByte(in ReadOnlySequence<byte> buffer)
    {
        if (!buffer.FirstSpan.IsEmpty)
        {
            return buffer.FirstSpan[0];
        }

        Span<byte> first = stackalloc byte[1];
        buffer.Slice(0, 1).CopyTo(first);
        return first[0];
    }
}

using System.Buffers;
using System.Diagnostics;
using Veil.Noise;
using Veil.Wire.Cells;

namespace Veil.Links.Record;

/// <summary>Seals cells into records (spec/record.md, section 2). Sans-I/O; one task uses it.</summary>
public sealed class RecordWriter(CounterCipher cipher)
{
    /// <summary>Seals 1 to 8 cells as one record.</summary>
    public void Write(ReadOnlySpan<byte> cells, IBufferWriter<byte> destination)
    {
        int count = cells.Length / CellLayout.CellBytes;
        Debug.Assert(count is >= 1 and <= CellLayout.MaxCellsPerRecord, "the caller cuts the batch");
        Debug.Assert(cells.Length == count * CellLayout.CellBytes, "whole cells only");
        int total = RecordLayout.TotalBytes(count);
        Span<byte> record = destination.GetSpan(total)[..total];
        record[0] = (byte)count;
        cipher.Seal(record[RecordLayout.HeaderBytes..], cells, record[..RecordLayout.HeaderBytes]);
        destination.Advance(total);
    }
}

using Veil.Wire.Cells;

namespace Veil.Links.Record;

/// <summary>Sizes of records, in bytes (spec/record.md, section 2).</summary>
public static class RecordLayout
{
    /// <summary>The count of cells, in clear, authenticated.</summary>
    public const int HeaderBytes = 1;

    /// <summary>The largest record.</summary>
    public const int MaxBytes = HeaderBytes + (
        CellLayout.MaxCellsPerRecord * CellLayout.CellBytes) + CellLayout.TagBytes;

    /// <summary>Records under one key.</summary>
    public const uint RecordsPerKey = 65_536;

    /// <summary>A whole record of <paramref name="cells"/> cells.</summary>
    public static int TotalBytes(int cells) => HeaderBytes + (cells * CellLayout.CellBytes) + CellLayout.TagBytes;
}

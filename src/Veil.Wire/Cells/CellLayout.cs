namespace Veil.Wire.Cells;

/// <summary>
/// Sizes of cells and onion layers (spec/cell.md, sections 1 and 3). All in bytes.
/// </summary>
public static class CellLayout
{
    /// <summary>Every cell: header and body.</summary>
    public const int CellBytes = 2048;

    /// <summary>Circuit id (4), command (1), three zeros.</summary>
    public const int HeaderBytes = 8;

    /// <summary>What the header leaves.</summary>
    public const int BodyBytes = CellBytes - HeaderBytes;

    /// <summary>The AEGIS-256 tag of one layer.</summary>
    public const int TagBytes = 32;

    /// <summary>The branch number that starts each layer's plaintext.</summary>
    public const int BranchBytes = 2;

    /// <summary>What one hop's layer takes off the body.</summary>
    public const int LayerBytes = TagBytes + BranchBytes;

    /// <summary>Room is reserved for this many layers, whatever the path.</summary>
    public const int MaxLayers = 5;

    /// <summary>A message and its padding inside the innermost layer, the same at every hop.</summary>
    public const int MessageBytes = BodyBytes - (MaxLayers * LayerBytes);

    /// <summary>Type (1), zero (1), stream (2), length (2).</summary>
    public const int MessageHeaderBytes = 6;

    /// <summary>The most that one message carries.</summary>
    public const int MaxDataBytes = MessageBytes - MessageHeaderBytes;

    /// <summary>Cells in one record (spec/record.md).</summary>
    public const int MaxCellsPerRecord = 8;

    /// <summary>Length of the ciphertext, tag included, that the hop at <paramref name="position"/> (1 to 5)
    /// opens.</summary>
    public static int CiphertextBytes(int position) => BodyBytes - ((position - 1) * LayerBytes);

    /// <summary>Zeros that follow the ciphertext at <paramref name="position"/> (1 to 5).</summary>
    public static int ZeroTailBytes(int position) => (position - 1) * LayerBytes;
}

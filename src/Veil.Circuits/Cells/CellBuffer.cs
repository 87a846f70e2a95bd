using Veil.Wire.Cells;

namespace Veil.Circuits.Cells;

/// <summary>
/// One cell that waits between two links. Owned by whoever holds it; handed on with the queue that it is put into,
/// returned to its pool by the last owner.
/// </summary>
internal sealed class CellBuffer
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(CellLayout.CellBytes, pinned: true);

    /// <summary>Next in the intrusive list that the cell stands in.</summary>
    internal CellBuffer? Next { get; set; }

    /// <summary>All 2,048 bytes.</summary>
    internal Span<byte> Cell => _bytes;

    /// <summary>
    /// Body with the two bytes before it: a layer's plaintext opened to here puts its branch number into
    /// the header's last bytes and the rest where the next hop's body belongs, so that forwarding needs no copy.
    /// </summary>
    internal Span<byte> BranchAndBody => _bytes.AsSpan(CellLayout.HeaderBytes - CellLayout.BranchBytes);

    /// <summary>The 2,040 bytes after the header.</summary>
    internal Span<byte> Body => _bytes.AsSpan(CellLayout.HeaderBytes);
}

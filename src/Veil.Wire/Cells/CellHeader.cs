using System.Buffers.Binary;
using System.Diagnostics;

namespace Veil.Wire.Cells;

/// <summary>The first eight bytes of a cell: circuit id (4), command (1), three zeros (spec/cell.md, section
/// 1).</summary>
public static class CellHeader
{
    private const int CommandOffset = 4;
    private const int ZeroOffset = 5;

    /// <summary>Reads the header; false when the zeros are not zero or the command is unknown.</summary>
    public static bool TryRead(ReadOnlySpan<byte> cell, out CircuitId circuit, out CellCommand command)
    {
        Debug.Assert(cell.Length == CellLayout.CellBytes, "a cell has one size");
        circuit = new CircuitId(BinaryPrimitives.ReadUInt32BigEndian(cell));
        command = (CellCommand)cell[CommandOffset];
        return command <= CellCommand.Return
            && !cell[ZeroOffset..CellLayout.HeaderBytes].ContainsAnyExcept((byte)0);
    }

    /// <summary>Writes the header.</summary>
    public static void Write(Span<byte> cell, CircuitId circuit, CellCommand command)
    {
        Debug.Assert(cell.Length == CellLayout.CellBytes, "a cell has one size");
        BinaryPrimitives.WriteUInt32BigEndian(cell, circuit.Value);
        cell[CommandOffset] = (byte)command;
        cell[ZeroOffset..CellLayout.HeaderBytes].Clear();
    }
}

using System.Buffers.Binary;
using System.Diagnostics;

namespace Veil.Wire.Cells;

/// <summary>One grant of a CREDIT cell, or what one RETURN cell gives back.</summary>
/// <param name="Circuit">Whose lane.</param>
/// <param name="DataCells">Further data cells that the receiver of the grant may send.</param>
/// <param name="ControlCells">Further control cells.</param>
public readonly record struct CreditGrant(CircuitId Circuit, ushort DataCells, ushort ControlCells);

/// <summary>Body of CREDIT and of RETURN: count (2), then entries of 8 bytes (spec/cell.md, section 2).</summary>
public static class CreditBody
{
    /// <summary>Entries that fit one cell.</summary>
    public const int MaxGrants = 254;

    private const int EntryBytes = 8;
    private const int CountBytes = 2;

    /// <summary>Writes a whole CREDIT cell of 1 to 254 grants.</summary>
    public static void Write(Span<byte> cell, ReadOnlySpan<CreditGrant> grants) =>
        Write(cell, CellCommand.Credit, grants);

    /// <summary>Writes a whole RETURN cell of 1 to 254 entries.</summary>
    public static void WriteReturn(Span<byte> cell, ReadOnlySpan<CreditGrant> returned) =>
        Write(cell, CellCommand.Return, returned);

    private static void Write(Span<byte> cell, CellCommand command, ReadOnlySpan<CreditGrant> grants)
    {
        Debug.Assert(grants.Length is >= 1 and <= MaxGrants, "the caller cuts the list");
        cell.Clear();
        CellHeader.Write(cell, default, command);
        Span<byte> body = cell[CellLayout.HeaderBytes..];
        BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)grants.Length);
        Span<byte> entry = body[CountBytes..];
        foreach (CreditGrant grant in grants)
        {
            BinaryPrimitives.WriteUInt32BigEndian(entry, grant.Circuit.Value);
            BinaryPrimitives.WriteUInt16BigEndian(entry[4..], grant.DataCells);
            BinaryPrimitives.WriteUInt16BigEndian(entry[6..], grant.ControlCells);
            entry = entry[EntryBytes..];
        }
    }

    /// <summary>Number of grants in a CREDIT body; false when malformed.</summary>
    public static bool TryReadCount(ReadOnlySpan<byte> body, out int count)
    {
        count = BinaryPrimitives.ReadUInt16BigEndian(body);
        return count is >= 1 and <= MaxGrants
            && !body[(CountBytes + (count * EntryBytes))..].ContainsAnyExcept((byte)0);
    }

    /// <summary>The grant at <paramref name="index"/>, below the count that was read.</summary>
    public static CreditGrant Read(ReadOnlySpan<byte> body, int index)
    {
        ReadOnlySpan<byte> entry = body.Slice(CountBytes + (index * EntryBytes), EntryBytes);
        return new CreditGrant(
            new CircuitId(BinaryPrimitives.ReadUInt32BigEndian(entry)),
            BinaryPrimitives.ReadUInt16BigEndian(entry[4..]),
            BinaryPrimitives.ReadUInt16BigEndian(entry[6..]));
    }
}

using System.Buffers.Binary;
using System.Diagnostics;

namespace Veil.Wire.Cells;

/// <summary>
/// Bodies of CREATE and CREATED (spec/cell.md, section 2): position (1), zero (1), length (2), then for CREATE the
/// onion-key id (8), then the handshake message, then zeros.
/// </summary>
public static class CreateBody
{
    /// <summary>Length in bytes of an onion-key id.</summary>
    public const int KeyIdBytes = 8;

    private const int LengthOffset = 2;
    private const int FixedBytes = 4;

    /// <summary>Writes a whole CREATE cell.</summary>
    public static void WriteCreate(Span<byte> cell, CircuitId circuit, int position, ulong keyId,
        ReadOnlySpan<byte> message)
    {
        Debug.Assert(position is >= 1 and <= CellLayout.MaxLayers, "positions are 1 to 5");
        Span<byte> body = Begin(cell, circuit, CellCommand.Create, message.Length);
        body[0] = (byte)position;
        BinaryPrimitives.WriteUInt64BigEndian(body[FixedBytes..], keyId);
        message.CopyTo(body[(FixedBytes + KeyIdBytes)..]);
    }

    /// <summary>Writes a whole CREATED cell.</summary>
    public static void WriteCreated(Span<byte> cell, CircuitId circuit, ReadOnlySpan<byte> message) =>
        message.CopyTo(Begin(cell, circuit, CellCommand.Created, message.Length)[FixedBytes..]);

    /// <summary>Reads the body of CREATE; false when malformed.</summary>
    public static bool TryReadCreate(
        ReadOnlySpan<byte> body,
        out int position,
        out ulong keyId,
        out ReadOnlySpan<byte> message)
    {
        position = body[0];
        keyId = BinaryPrimitives.ReadUInt64BigEndian(body[FixedBytes..]);
        return TryReadMessage(body, FixedBytes + KeyIdBytes, out message)
            && position is >= 1 and <= CellLayout.MaxLayers;
    }

    /// <summary>Reads the body of CREATED; false when malformed.</summary>
    public static bool TryReadCreated(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> message) =>
        TryReadMessage(body, FixedBytes, out message) && body[0] == 0;

    private static Span<byte> Begin(Span<byte> cell, CircuitId circuit, CellCommand command, int messageBytes)
    {
        cell.Clear();
        CellHeader.Write(cell, circuit, command);
        Span<byte> body = cell[CellLayout.HeaderBytes..];
        BinaryPrimitives.WriteUInt16BigEndian(body[LengthOffset..], (ushort)messageBytes);
        return body;
    }

    private static bool TryReadMessage(ReadOnlySpan<byte> body, int offset, out ReadOnlySpan<byte> message)
    {
        Debug.Assert(body.Length == CellLayout.BodyBytes, "a body has one size");
        int length = BinaryPrimitives.ReadUInt16BigEndian(body[LengthOffset..]);
        message = default;
        if (body[1] != 0 || length > body.Length - offset || body[(offset + length)..].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        message = body.Slice(offset, length);
        return true;
    }
}

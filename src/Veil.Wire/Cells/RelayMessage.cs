using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Veil.Wire.Cells;

/// <summary>Types of messages inside the innermost layer (spec/cell.md, section 4).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "One byte on the wire.")]
public enum MessageType : byte
{
    /// <summary>Not a message.</summary>
    None = 0,

    /// <summary>Asks a hop for one more hop on a branch.</summary>
    Extend = 1,

    /// <summary>The new hop's answer.</summary>
    Extended = 2,

    /// <summary>There is no new hop.</summary>
    ExtendFailed = 3,

    /// <summary>The client is done with a branch.</summary>
    CloseBranch = 4,

    /// <summary>A branch ended at its far side, or as asked.</summary>
    BranchClosed = 5,

    /// <summary>Room for more cells into branches.</summary>
    BranchCredit = 6,

    /// <summary>Opens a stream.</summary>
    Open = 16,

    /// <summary>Bytes of a stream.</summary>
    Data = 17,

    /// <summary>No more bytes in this direction.</summary>
    End = 18,

    /// <summary>Room for more bytes of a stream.</summary>
    Window = 19,

    /// <summary>A stream is abandoned in both directions.</summary>
    Reset = 20,
}

/// <summary>One message: type (1), zero (1), stream (2), length (2), data, zeros (spec/cell.md, section 4).</summary>
public readonly ref struct RelayMessage
{
    private const int StreamOffset = 2;
    private const int LengthOffset = 4;

    private RelayMessage(MessageType type, StreamId stream, ReadOnlySpan<byte> data)
    {
        Type = type;
        Stream = stream;
        Data = data;
    }

    /// <summary>What it is.</summary>
    public MessageType Type { get; }

    /// <summary>The stream, or 0 where the type has none.</summary>
    public StreamId Stream { get; }

    /// <summary>At most <see cref="CellLayout.MaxDataBytes"/> bytes.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Reads the message from a layer's plaintext after its branch number; false when malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> room, out RelayMessage message)
    {
        Debug.Assert(room.Length >= CellLayout.MessageBytes, "every layer has this room");
        message = default;
        int length = BinaryPrimitives.ReadUInt16BigEndian(room[LengthOffset..]);
        if (room[1] != 0
            || length > CellLayout.MaxDataBytes
            || room[(CellLayout.MessageHeaderBytes + length)..].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        message = new RelayMessage(
            (MessageType)room[0],
            new StreamId(BinaryPrimitives.ReadUInt16BigEndian(room[StreamOffset..])),
            room.Slice(CellLayout.MessageHeaderBytes, length));
        return true;
    }

    /// <summary>Writes header and padding around <paramref name="dataBytes"/> bytes that stand, or will stand, in the
    /// room.</summary>
    /// <returns>Where the data belongs.</returns>
    public static Span<byte> Begin(Span<byte> room, MessageType type, StreamId stream, int dataBytes)
    {
        Debug.Assert(dataBytes <= CellLayout.MaxDataBytes, "the caller cuts its data");
        room[0] = (byte)type;
        room[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(room[StreamOffset..], stream.Value);
        BinaryPrimitives.WriteUInt16BigEndian(room[LengthOffset..], (ushort)dataBytes);
        room[(CellLayout.MessageHeaderBytes + dataBytes)..].Clear();
        return room.Slice(CellLayout.MessageHeaderBytes, dataBytes);
    }

    /// <summary>Writes the whole message.</summary>
    public static void Write(Span<byte> room, MessageType type, StreamId stream, ReadOnlySpan<byte> data) =>
        data.CopyTo(Begin(room, type, stream, data.Length));
}

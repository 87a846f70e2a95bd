using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using Veil.Wire.Names;
using Veil.Wire.Stamps;

namespace Veil.Wire.Store;

/// <summary>Writes whole frames (spec/store.md, section 2). Flushing is the caller's.</summary>
public static class StoreFrameWriter
{
    /// <summary>Asks a store to keep a block.</summary>
    /// <exception cref="ArgumentException">
    /// The block is not 32,768 bytes long.
    /// </exception>
    public static void WritePut(
        IBufferWriter<byte> output,
        uint requestId,
        BlockRef reference,
        PaidLease lease,
        ReadOnlySpan<byte> block)
    {
        RequireBlock(block);
        Span<byte> body = BeginFrame(output, StoreFrameType.Put, requestId);
        reference.Value.AsSpan().CopyTo(body);
        BinaryPrimitives.WriteUInt16BigEndian(body[Bytes32.Size..], lease.End.Value);
        BinaryPrimitives.WriteUInt64BigEndian(body[(Bytes32.Size + sizeof(ushort))..], lease.Stamp.Nonce);
        block.CopyTo(body[(Bytes32.Size + sizeof(ushort) + Stamp.Bytes)..]);
        EndFrame(output, StoreFrameType.Put);
    }

    /// <summary>Asks a store for a block.</summary>
    public static void WriteGet(IBufferWriter<byte> output, uint requestId, BlockRef reference)
    {
        Span<byte> body = BeginFrame(output, StoreFrameType.Get, requestId);
        reference.Value.AsSpan().CopyTo(body);
        EndFrame(output, StoreFrameType.Get);
    }

    /// <summary>Asks a store to keep a record of a name.</summary>
    public static void WritePutRecord(IBufferWriter<byte> output, uint requestId, NameRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        record.Bytes.Span.CopyTo(BeginFrame(output, StoreFrameType.PutRecord, requestId));
        EndFrame(output, StoreFrameType.PutRecord);
    }

    /// <summary>Asks a store for a record of a name.</summary>
    public static void WriteGetRecord(IBufferWriter<byte> output, uint requestId, BlindedKey key)
    {
        key.Value.AsSpan().CopyTo(BeginFrame(output, StoreFrameType.GetRecord, requestId));
        EndFrame(output, StoreFrameType.GetRecord);
    }

    /// <summary>Answers a GET_RECORD with the record, or with the two that are a fork.</summary>
    public static void WriteRecord(IBufferWriter<byte> output, uint requestId, NameRecord record, NameRecord? other)
    {
        ArgumentNullException.ThrowIfNull(record);
        StoreFrameType type = other is null ? StoreFrameType.Record : StoreFrameType.Fork;
        Span<byte> body = BeginFrame(output, type, requestId);
        record.Bytes.Span.CopyTo(body);
        other?.Bytes.Span.CopyTo(body[NameRecordLayout.Bytes..]);
        EndFrame(output, type);
    }

    /// <summary>Answers a PUT or PUT_RECORD: it is on disk.</summary>
    public static void WriteStored(IBufferWriter<byte> output, uint requestId, StampPrice price)
    {
        Span<byte> body = BeginFrame(output, StoreFrameType.Stored, requestId);
        BinaryPrimitives.WriteUInt32BigEndian(body, price.HashesPerDay);
        EndFrame(output, StoreFrameType.Stored);
    }

    /// <summary>Answers a GET with the block.</summary>
    /// <exception cref="ArgumentException">The block is not 32,768 bytes long.</exception>
    public static void WriteBlock(IBufferWriter<byte> output, uint requestId, ReadOnlySpan<byte> block)
    {
        RequireBlock(block);
        block.CopyTo(BeginFrame(output, StoreFrameType.Block, requestId));
        EndFrame(output, StoreFrameType.Block);
    }

    /// <summary>Answers a GET or GET_RECORD: it is not here.</summary>
    public static void WriteNotFound(IBufferWriter<byte> output, uint requestId)
    {
        BeginFrame(output, StoreFrameType.NotFound, requestId);
        EndFrame(output, StoreFrameType.NotFound);
    }

    /// <summary>Answers any request: it is not carried out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a code of section 3.</exception>
    public static void WriteRefused(
        IBufferWriter<byte> output,
        uint requestId,
        StoreRefusal refusal,
        StampPrice price)
    {
        if (refusal is < StoreRefusal.Full or > StoreRefusal.Unpaid)
        {
            throw new ArgumentOutOfRangeException(nameof(refusal), refusal, "not a refusal code");
        }

        Span<byte> body = BeginFrame(output, StoreFrameType.Refused, requestId);
        body[0] = (byte)refusal;
        BinaryPrimitives.WriteUInt32BigEndian(body[sizeof(byte)..], price.HashesPerDay);
        EndFrame(output, StoreFrameType.Refused);
    }

    /// <summary>Writes the header and hands out the body's bytes, all of which the caller fills.</summary>
    private static Span<byte> BeginFrame(IBufferWriter<byte> output, StoreFrameType type, uint requestId)
    {
        ArgumentNullException.ThrowIfNull(output);
        int bodyBytes = StoreLayout.BodyBytes(type);
        Debug.Assert(bodyBytes >= 0);
        Span<byte> frame = output.GetSpan(StoreLayout.HeaderBytes + bodyBytes);
        uint length = (uint)(StoreLayout.HeaderBytes - StoreLayout.LengthBytes + bodyBytes);
        BinaryPrimitives.WriteUInt32BigEndian(frame, length);
        frame[StoreLayout.LengthBytes] = (byte)type;
        BinaryPrimitives.WriteUInt32BigEndian(frame[(StoreLayout.LengthBytes + sizeof(byte))..], requestId);
        return frame.Slice(StoreLayout.HeaderBytes, bodyBytes);
    }

    private static void EndFrame(IBufferWriter<byte> output, StoreFrameType type)
    {
        int frameBytes = StoreLayout.HeaderBytes + StoreLayout.BodyBytes(type);
        Debug.Assert(frameBytes is >= StoreLayout.HeaderBytes and <= StoreLayout.MaxFrameBytes);
        output.Advance(frameBytes);
    }

    private static void RequireBlock(ReadOnlySpan<byte> block)
    {
        if (block.Length != StoreLayout.BlockBytes)
        {
            throw new ArgumentException($"expected {StoreLayout.BlockBytes} bytes, got {block.Length}", nameof(block));
        }
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using Veil.Wire.Stamps;

namespace Veil.Wire.Store;

/// <summary>
/// Takes frames off the front of what has arrived (spec/store.md, section 2). Stateless. Every type has one length,
/// so that a wrong one is known from the first four bytes and nothing longer than
/// <see cref="StoreLayout.MaxFrameBytes"/> is ever waited for.
/// </summary>
public static class StoreFrameReader
{
    /// <summary>Reads what a store may receive.</summary>
    /// <param name="buffer">
    /// What has arrived; after <see cref="StoreReadResult.Frame"/>, what follows the frame.
    /// </param>
    /// <param name="request">Valid only with <see cref="StoreReadResult.Frame"/>; its block lies in the buffer.</param>
    public static StoreReadResult TryReadRequest(ref ReadOnlySequence<byte> buffer, out StoreRequest request)
    {
        request = default;
        StoreReadResult result = TryReadFrame(ref buffer, requests: true, out Frame frame);
        if (result != StoreReadResult.Frame)
        {
            return result;
        }

        if (frame.Type == StoreFrameType.PutRecord)
        {
            Debug.Assert(frame.Body.Length == StoreLayout.RecordBodyBytes);
            request = new StoreRequest(frame.Type, frame.RequestId, default, default, frame.Body);
            return StoreReadResult.Frame;
        }

        Bytes32 reference = default;
        frame.Body.Slice(0, Bytes32.Size).CopyTo(reference);
        if (frame.Type is StoreFrameType.Get or StoreFrameType.GetRecord)
        {
            Debug.Assert(frame.Body.Length == StoreLayout.GetBodyBytes);
            request = new StoreRequest(frame.Type, frame.RequestId, new BlockRef(reference), default, default);
            return StoreReadResult.Frame;
        }

        Debug.Assert(frame.Type == StoreFrameType.Put && frame.Body.Length == StoreLayout.PutBodyBytes);
        Span<byte> lease = stackalloc byte[sizeof(ushort) + Stamp.Bytes];
        frame.Body.Slice(Bytes32.Size, lease.Length).CopyTo(lease);
        request = new StoreRequest(
            frame.Type,
            frame.RequestId,
            new BlockRef(reference),
            new PaidLease(
                new LeaseDay(BinaryPrimitives.ReadUInt16BigEndian(lease)),
                new Stamp(BinaryPrimitives.ReadUInt64BigEndian(lease[sizeof(ushort)..]))),
            frame.Body.Slice(Bytes32.Size + lease.Length));
        return StoreReadResult.Frame;
    }

    /// <summary>Reads what the asker of a store may receive.</summary>
    /// <param name="buffer">
    /// What has arrived; after <see cref="StoreReadResult.Frame"/>, what follows the frame.
    /// </param>
    /// <param name="reply">Valid only with <see cref="StoreReadResult.Frame"/>; its block lies in the buffer.</param>
    public static StoreReadResult TryReadReply(ref ReadOnlySequence<byte> buffer, out StoreReply reply)
    {
        reply = default;
        ReadOnlySequence<byte> rest = buffer;
        StoreReadResult result = TryReadFrame(ref rest, requests: false, out Frame frame);
        if (result != StoreReadResult.Frame)
        {
            return result;
        }

        StoreRefusal refusal = StoreRefusal.None;
        StampPrice price = StampPrice.Free;
        if (frame.Type == StoreFrameType.Stored)
        {
            price = PriceIn(frame.Body);
        }
        else if (frame.Type == StoreFrameType.Refused)
        {
            refusal = (StoreRefusal)frame.Body.FirstSpan[0];
            price = PriceIn(frame.Body.Slice(sizeof(byte)));
            if (refusal is < StoreRefusal.Full or > StoreRefusal.Unpaid)
            {
                return StoreReadResult.Malformed;
            }
        }

        bool hasBlock = frame.Type is StoreFrameType.Block or StoreFrameType.Record or StoreFrameType.Fork;
        Debug.Assert(frame.Type != StoreFrameType.Block || frame.Body.Length == StoreLayout.BlockBytes);
        reply = new StoreReply(frame.Type, frame.RequestId, refusal, hasBlock ? frame.Body : default)
        {
            Price = price,
        };
        buffer = rest;
        return StoreReadResult.Frame;
    }

    private static StoreReadResult TryReadFrame(ref ReadOnlySequence<byte> buffer, bool requests, out Frame frame)
    {
        frame = default;
        Span<byte> header = stackalloc byte[StoreLayout.HeaderBytes];
        int headerBytes = (int)Math.Min(buffer.Length, header.Length);
        buffer.Slice(0, headerBytes).CopyTo(header);
        if (headerBytes < StoreLayout.LengthBytes)
        {
            return StoreReadResult.Incomplete;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (!IsPossible(length, requests))
        {
            return StoreReadResult.Malformed;
        }

        if (headerBytes == StoreLayout.LengthBytes)
        {
            return StoreReadResult.Incomplete;
        }

        StoreFrameType type = (StoreFrameType)header[StoreLayout.LengthBytes];
        if (IsRequest(type) != requests || length != LengthOf(type))
        {
            return StoreReadResult.Malformed;
        }

        long frameBytes = StoreLayout.LengthBytes + length;
        Debug.Assert(frameBytes <= StoreLayout.MaxFrameBytes);
        if (buffer.Length < frameBytes)
        {
            return StoreReadResult.Incomplete;
        }

        uint requestId = BinaryPrimitives.ReadUInt32BigEndian(header[(StoreLayout.LengthBytes + sizeof(byte))..]);
        ReadOnlySequence<byte> body = buffer.Slice(StoreLayout.HeaderBytes, frameBytes - StoreLayout.HeaderBytes);
        frame = new Frame(type, requestId, body);
        buffer = buffer.Slice(frameBytes);
        return StoreReadResult.Frame;
    }

    private static StampPrice PriceIn(ReadOnlySequence<byte> body)
    {
        Span<byte> price = stackalloc byte[sizeof(uint)];
        body.CopyTo(price);
        return new StampPrice(BinaryPrimitives.ReadUInt32BigEndian(price));
    }

    private static bool IsRequest(StoreFrameType type) =>
        type is StoreFrameType.Put or StoreFrameType.Get or StoreFrameType.PutRecord or StoreFrameType.GetRecord;

    /// <summary>What the length field of this type holds; of an unknown type, a number that none has.</summary>
    private static uint LengthOf(StoreFrameType type)
    {
        int bodyBytes = StoreLayout.BodyBytes(type);
        return bodyBytes < 0 ? 0 : (uint)(StoreLayout.HeaderBytes - StoreLayout.LengthBytes + bodyBytes);
    }

    private static bool IsPossible(uint length, bool requests)
    {
        Debug.Assert(LengthOf(StoreFrameType.None) == 0);
        return requests
            ? length == LengthOf(StoreFrameType.Put)
                || length == LengthOf(StoreFrameType.Get)
                || length == LengthOf(StoreFrameType.PutRecord)
            : length == LengthOf(StoreFrameType.Stored)
                || length == LengthOf(StoreFrameType.NotFound)
                || length == LengthOf(StoreFrameType.Block)
                || length == LengthOf(StoreFrameType.Refused)
                || length == LengthOf(StoreFrameType.Record)
                || length == LengthOf(StoreFrameType.Fork);
    }

    private readonly record struct Frame(StoreFrameType Type, uint RequestId, ReadOnlySequence<byte> Body);
}

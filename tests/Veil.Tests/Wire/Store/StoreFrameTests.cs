using System.Buffers;
using CsCheck;
using Veil.Tests.Storage;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Wire.Store;

/// <summary>The frames of the store protocol (spec/store.md, section 2).</summary>
public sealed class StoreFrameTests
{
    private static readonly Gen<Action<IBufferWriter<byte>>> GenRequest = Gen.Select(
        Gen.Bool, Gen.UInt, Gen.Int[0, 50], Gen.Select(Gen.UShort, Gen.ULong), (isPut, id, seed, lease) =>
            (Action<IBufferWriter<byte>>)(output =>
            {
                if (isPut)
                {
                    var paid = new PaidLease(new LeaseDay(lease.Item1), new Stamp(lease.Item2));
                    StoreFrameWriter.WritePut(output, id, StoreRig.RefOf(seed), paid, StoreRig.Block(seed));
                }
                else
                {
                    StoreFrameWriter.WriteGet(output, id, StoreRig.RefOf(seed));
                }
            }));

    private static readonly Gen<Action<IBufferWriter<byte>>> GenReply = Gen.Select(
        Gen.Int[0, 3], Gen.UInt, Gen.Int[0, 50], Gen.Select(Gen.Byte[1, 8], Gen.UInt), (kind, id, seed, refusal) =>
            (Action<IBufferWriter<byte>>)(output =>
            {
                switch (kind)
                {
                    case 0:
                        StoreFrameWriter.WriteStored(output, id, new StampPrice(refusal.Item2));
                        break;
                    case 1:
                        StoreFrameWriter.WriteBlock(output, id, StoreRig.Block(seed));
                        break;
                    case 2:
                        StoreFrameWriter.WriteNotFound(output, id);
                        break;
                    default:
                        StoreFrameWriter.WriteRefused(
                            output, id, (StoreRefusal)refusal.Item1, new StampPrice(refusal.Item2));
                        break;
                }
            }));

    [Fact]
    public void A_put_is_laid_out_as_specified()
    {
        var output = new ArrayBufferWriter<byte>();

        var lease = new PaidLease(new LeaseDay(0x5132), new Stamp(0x0102030405060708));
        StoreFrameWriter.WritePut(output, 0x01020304, StoreRig.RefOf(1), lease, StoreRig.Block(1));

        Assert.Equal(32_819, output.WrittenCount);
        Assert.Equal(StoreLayout.MaxFrameBytes, output.WrittenCount);
        Assert.Equal("0000802f0101020304", Convert.ToHexStringLower(output.WrittenSpan[..9]));
        Assert.Equal(StoreRig.RefOf(1).Value, new Bytes32(output.WrittenSpan[9..41]));
        Assert.Equal("51320102030405060708", Convert.ToHexStringLower(output.WrittenSpan[41..51]));
        Assert.True(output.WrittenSpan[51..].SequenceEqual(StoreRig.Block(1)));
    }

    [Fact]
    public void A_put_is_read_as_it_was_written()
    {
        var output = new ArrayBufferWriter<byte>();
        var lease = new PaidLease(new LeaseDay(20_000), new Stamp(ulong.MaxValue));
        StoreFrameWriter.WritePut(output, 7, StoreRig.RefOf(1), lease, StoreRig.Block(1));
        var buffer = new ReadOnlySequence<byte>(output.WrittenMemory);

        Assert.Equal(StoreReadResult.Frame, StoreFrameReader.TryReadRequest(ref buffer, out var request));

        Assert.Equal(StoreFrameType.Put, request.Type);
        Assert.Equal(7u, request.RequestId);
        Assert.Equal(StoreRig.RefOf(1), request.Reference);
        Assert.Equal(lease, request.Lease);
        Assert.True(request.Block.ToArray().AsSpan().SequenceEqual(StoreRig.Block(1)));
        Assert.True(buffer.IsEmpty);
    }

    [Fact]
    public void Every_reply_is_read_as_it_was_written()
    {
        var output = new ArrayBufferWriter<byte>();
        StoreFrameWriter.WriteStored(output, 1, new StampPrice(7));
        StoreFrameWriter.WriteNotFound(output, 2);
        StoreFrameWriter.WriteBlock(output, uint.MaxValue, StoreRig.Block(3));
        StoreFrameWriter.WriteRefused(output, 4, StoreRefusal.BadLease, new StampPrice(uint.MaxValue));
        var buffer = new ReadOnlySequence<byte>(output.WrittenMemory);

        var replies = new List<StoreReply>();
        while (StoreFrameReader.TryReadReply(ref buffer, out var reply) == StoreReadResult.Frame)
        {
            replies.Add(reply);
        }

        Assert.True(buffer.IsEmpty);
        Assert.Equal(
            [StoreFrameType.Stored, StoreFrameType.NotFound, StoreFrameType.Block, StoreFrameType.Refused],
            replies.Select(reply => reply.Type));
        Assert.Equal([1u, 2u, uint.MaxValue, 4u], replies.Select(reply => reply.RequestId));
        Assert.Equal(StoreRig.Block(3), replies[2].Block.ToArray());
        Assert.Equal(StoreRefusal.BadLease, replies[3].Refusal);
        Assert.Equal([7u, 0u, 0u, uint.MaxValue], replies.Select(reply => reply.Price.HashesPerDay));
    }

    [Fact]
    public void Frames_are_the_same_wherever_the_bytes_are_split() => Gen
        .Select(GenRequest.Array[1, 4], Gen.Int[1, 40_000].Array[0, 12], Gen.Int[1, 5000])
        .Sample((frames, pieces, segment) =>
        {
            var bytes = Write(frames);
            Assert.Equal(Rewrite(bytes, [], int.MaxValue), Rewrite(bytes, pieces, segment));
            Assert.Equal(bytes, Rewrite(bytes, pieces, segment));
        }, seed: "0000KOIPFAv6", iter: 200);

    [Fact]
    public void Replies_are_the_same_wherever_the_bytes_are_split() => Gen
        .Select(GenReply.Array[1, 5], Gen.Int[1, 5000])
        .Sample((frames, segment) =>
        {
            var bytes = Write(frames);
            var rest = Segmented(bytes, segment);
            var output = new ArrayBufferWriter<byte>();
            while (StoreFrameReader.TryReadReply(ref rest, out var reply) == StoreReadResult.Frame)
            {
                WriteReply(output, reply);
            }

            Assert.True(rest.IsEmpty);
            Assert.True(output.WrittenSpan.SequenceEqual(bytes));
        }, seed: "0000KOIPFAv6", iter: 200);

    [Fact]
    public void Random_bytes_are_refused_or_waited_for_and_never_throw() => Gen
        .Select(Gen.Byte.Array[0, 64], Gen.Int[1, 7])
        .Sample((bytes, segment) =>
        {
            var requests = Segmented(bytes, segment);
            var replies = requests;
            var request = StoreFrameReader.TryReadRequest(ref requests, out _);
            var reply = StoreFrameReader.TryReadReply(ref replies, out _);
            Assert.True(bytes.Length >= StoreLayout.LengthBytes || request == StoreReadResult.Incomplete);
            Assert.True(bytes.Length >= StoreLayout.LengthBytes || reply == StoreReadResult.Incomplete);
        }, seed: "0000KOIPFAv6", iter: 20_000);

    [Fact]
    public void A_frame_with_any_header_byte_changed_is_another_frame_or_refused_and_never_throws() => Gen
        .Select(GenRequest, GenReply, Gen.Int[0, 8], Gen.Byte)
        .Sample((request, reply, index, value) =>
        {
            foreach (var bytes in (byte[][])[Write([request]), Write([reply])])
            {
                bytes[index] = value;
                var requests = new ReadOnlySequence<byte>(bytes);
                var replies = requests;
                StoreFrameReader.TryReadRequest(ref requests, out _);
                StoreFrameReader.TryReadReply(ref replies, out _);
            }
        }, seed: "0000KOIPFAv6", iter: 2000);

    [Theory]
    [InlineData("00000000")] // Empty.
    [InlineData("00000004")] // Shorter than a header.
    [InlineData("00000005")] // A reply's length.
    [InlineData("0000802e")] // A PUT without its last byte.
    [InlineData("00008030")] // A PUT and a byte.
    [InlineData("80000025")] // Negative, were it signed.
    [InlineData("ffffffff")]
    [InlineData("0000002501")] // A PUT as short as a GET.
    [InlineData("0000802f02")] // A GET as long as a PUT.
    [InlineData("0000002503")] // A PUT_RECORD as short as a GET.
    [InlineData("0000020504")] // A GET_RECORD as long as a PUT_RECORD.
    [InlineData("0000002505")] // No such type.
    [InlineData("0000002500")]
    [InlineData("0000002581")] // A reply's type.
    public void A_request_with_a_wrong_length_or_type_is_malformed_before_the_rest_arrives(string hex)
    {
        var buffer = new ReadOnlySequence<byte>(Convert.FromHexString(hex));

        Assert.Equal(StoreReadResult.Malformed, StoreFrameReader.TryReadRequest(ref buffer, out _));
    }

    [Theory]
    [InlineData("00000025")] // A request's length.
    [InlineData("0000802f")]
    [InlineData("00000007")]
    [InlineData("0000000580")]
    [InlineData("0000000582")] // A BLOCK as short as a STORED.
    [InlineData("0000000581")] // A STORED without its price.
    [InlineData("0000000984")] // A REFUSED without its code.
    [InlineData("0000000684")] // A REFUSED without its price.
    [InlineData("0000000a81")]
    [InlineData("0000000501")] // A request's type.
    [InlineData("0000000a84000000010000000000")] // Code 0.
    [InlineData("0000000a84000000010900000000")] // No such code.
    [InlineData("0000020583")]
    [InlineData("0000020586")] // A FORK as short as a RECORD.
    [InlineData("0000040585")]
    public void A_reply_with_a_wrong_length_type_or_code_is_malformed(string hex)
    {
        var buffer = new ReadOnlySequence<byte>(Convert.FromHexString(hex));

        Assert.Equal(StoreReadResult.Malformed, StoreFrameReader.TryReadReply(ref buffer, out _));
    }

    [Fact]
    public void Writing_what_may_not_be_sent_throws()
    {
        var output = new ArrayBufferWriter<byte>();
        var block = StoreRig.Block(1);

        Assert.ThrowsAny<ArgumentException>(
            () => StoreFrameWriter.WritePut(output, 1, BlockRef.Of(block), StoreRig.Unpaid(), block.AsSpan(1)));
        Assert.ThrowsAny<ArgumentException>(() => StoreFrameWriter.WriteBlock(output, 1, block.AsSpan(1)));
        Assert.ThrowsAny<ArgumentException>(() => StoreFrameWriter.WriteRefused(
            output, 1, StoreRefusal.None, StampPrice.Free));
        Assert.Equal(0, output.WrittenCount);
    }

    private static byte[] Write(Action<IBufferWriter<byte>>[] frames)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var frame in frames)
        {
            frame(output);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads requests as pieces arrive, and writes what was read.</summary>
    private static byte[] Rewrite(byte[] bytes, int[] pieces, int segment)
    {
        var output = new ArrayBufferWriter<byte>();
        var (read, arrived) = (0, 0);
        foreach (var piece in (int[])[.. pieces, bytes.Length])
        {
            arrived = Math.Min(bytes.Length, arrived + piece);
            var rest = Segmented(bytes.AsMemory(read, arrived - read), segment);
            var before = rest.Length;
            StoreReadResult result;
            while ((result = StoreFrameReader.TryReadRequest(ref rest, out var request)) == StoreReadResult.Frame)
            {
                WriteRequest(output, request);
            }

            Assert.Equal(StoreReadResult.Incomplete, result);
            read += (int)(before - rest.Length);
        }

        Assert.Equal(bytes.Length, read);
        return output.WrittenSpan.ToArray();
    }

    private static void WriteRequest(IBufferWriter<byte> output, in StoreRequest request)
    {
        if (request.Type == StoreFrameType.Put)
        {
            StoreFrameWriter.WritePut(
                output, request.RequestId, request.Reference, request.Lease, request.Block.ToArray());
        }
        else
        {
            StoreFrameWriter.WriteGet(output, request.RequestId, request.Reference);
        }
    }

    private static void WriteReply(IBufferWriter<byte> output, in StoreReply reply)
    {
        switch (reply.Type)
        {
            case StoreFrameType.Stored:
                StoreFrameWriter.WriteStored(output, reply.RequestId, reply.Price);
                break;
            case StoreFrameType.Block:
                StoreFrameWriter.WriteBlock(output, reply.RequestId, reply.Block.ToArray());
                break;
            case StoreFrameType.NotFound:
                StoreFrameWriter.WriteNotFound(output, reply.RequestId);
                break;
            default:
                StoreFrameWriter.WriteRefused(output, reply.RequestId, reply.Refusal, reply.Price);
                break;
        }
    }

    private static ReadOnlySequence<byte> Segmented(ReadOnlyMemory<byte> bytes, int segmentBytes)
    {
        var first = new Piece(bytes[..Math.Min(bytes.Length, segmentBytes)], 0);
        var last = first;
        for (long offset = segmentBytes; offset < bytes.Length; offset += segmentBytes)
        {
            var count = (int)Math.Min(segmentBytes, bytes.Length - offset);
            last = last.Append(bytes.Slice((int)offset, count), offset);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        public Piece Append(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            var next = new Piece(memory, runningIndex);
            Next = next;
            return next;
        }
    }
}

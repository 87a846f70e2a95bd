using System.Buffers;
using System.Buffers.Binary;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Wire.Documents;

public sealed class DirectoryFramingTests
{
    private static byte[] Frame(DirectoryMessageType type, int bodyBytes)
    {
        ArrayBufferWriter<byte> output = new();
        DirectoryFraming.Write(output, type, new byte[bodyBytes]);
        return output.WrittenSpan.ToArray();
    }

    [Fact]
    public void A_message_is_read_when_its_last_byte_is_there_and_not_before()
    {
        byte[] frame = [.. Frame(DirectoryMessageType.PublishDescriptor, 300), 99];
        for (int length = 0; length < frame.Length; length++)
        {
            ReadOnlySequence<byte> part = new(frame, 0, length);
            FrameStatus status = DirectoryFraming.TryRead(ref part, DirectoryFraming.Requests, out _);
            Assert.Equal(length < frame.Length - 1 ? FrameStatus.NeedMore : FrameStatus.Message, status);
            Assert.Equal(status == FrameStatus.Message ? 0 : length, part.Length);
        }

        ReadOnlySequence<byte> whole = new(frame);
        DirectoryFraming.TryRead(ref whole, DirectoryFraming.Requests, out DirectoryMessage message);
        Assert.Equal(300, message.Body.Length);
        Assert.Equal(1, whole.Length);
    }

    [Theory]
    [InlineData(DirectoryMessageType.PublishDescriptor, 97, DocumentLimits.MaxDescriptorBytes)]
    [InlineData(DirectoryMessageType.Accepted, 8, 8)]
    [InlineData(DirectoryMessageType.Refused, 9, 9)]
    [InlineData(DirectoryMessageType.GetConsensus, 8, 8)]
    [InlineData(DirectoryMessageType.Consensus, 9, DocumentLimits.MaxConsensusBytes + 8)]
    [InlineData(DirectoryMessageType.NotNewer, 8, 8)]
    [InlineData(DirectoryMessageType.NoneYet, 8, 8)]
    [InlineData(DirectoryMessageType.Vote, 97, DocumentLimits.MaxVoteBytes)]
    [InlineData(DirectoryMessageType.Signature, 97, AuthoritySignature.MaxBytes)]
    public void A_length_outside_of_its_type_is_refused_before_the_body_arrives(
        DirectoryMessageType type, int shortest, int longest)
    {
        FrameStatus Read(long length)
        {
            byte[] prefix = new byte[DirectoryFraming.PrefixSize];
            BinaryPrimitives.WriteUInt32BigEndian(prefix, (uint)length);
            prefix[4] = (byte)type;
            ReadOnlySequence<byte> buffer = new(prefix);
            return DirectoryFraming.TryRead(ref buffer, [type], out _);
        }

        Assert.NotEqual(FrameStatus.Malformed, Read(shortest + 1));
        Assert.NotEqual(FrameStatus.Malformed, Read(longest + 1));
        Assert.Equal(FrameStatus.Malformed, Read(shortest));
        Assert.Equal(FrameStatus.Malformed, Read(longest + 2L));
        Assert.Equal(FrameStatus.Malformed, Read(0));
        Assert.Equal(FrameStatus.Malformed, Read(uint.MaxValue));
        Assert.Throws<ArgumentException>(() => Frame(type, longest + 1));
    }

    [Fact]
    public void A_type_that_is_not_allowed_here_is_refused()
    {
        for (int type = 0; type < 256; type++)
        {
            byte[] bytes = [0, 0, 0, 9, (byte)type, 0, 0, 0, 0, 0, 0, 0, 0];
            ReadOnlySequence<byte> buffer = new(bytes);
            FrameStatus expected = (DirectoryMessageType)type == DirectoryMessageType.GetConsensus
                ? FrameStatus.Message
                : FrameStatus.Malformed;
            Assert.Equal(expected, DirectoryFraming.TryRead(ref buffer, [DirectoryMessageType.GetConsensus], out _));
        }
    }

    [Fact]
    public void A_message_is_read_across_segments()
    {
        ArrayBufferWriter<byte> output = new();
        DirectoryFraming.WriteGetConsensus(output, 0x0102030405060708);
        Segment first = new(output.WrittenMemory[..1]);
        Segment last = first.Append(output.WrittenMemory[1..7]).Append(output.WrittenMemory[7..]);
        ReadOnlySequence<byte> buffer = new(first, 0, last, last.Memory.Length);
        Assert.Equal(
            FrameStatus.Message, DirectoryFraming.TryRead(ref buffer, DirectoryFraming.Requests, out var message));
        Assert.Equal(0x0102030405060708UL, message.KnownEpoch());
    }

    [Fact]
    public void Every_answer_begins_with_the_time_and_only_answers_do()
    {
        DateTimeOffset now = new(2030, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        ArrayBufferWriter<byte> output = new();
        DirectoryFraming.WriteOutcome(output, RefusalCode.WrongEpoch, now);
        DirectoryFraming.WriteOutcome(output, RefusalCode.None, now);
        DirectoryFraming.WriteAnswer(output, DirectoryMessageType.Consensus, now, [1, 2, 3]);
        ReadOnlySequence<byte> buffer = new(output.WrittenMemory);
        DirectoryMessageType[] all = [.. DirectoryFraming.DocumentReplies, .. DirectoryFraming.ConsensusReplies];

        List<DirectoryMessage> messages = [];
        while (DirectoryFraming.TryRead(ref buffer, all, out DirectoryMessage message) == FrameStatus.Message)
        {
            messages.Add(message);
            Assert.True(message.TryTime(out DateTimeOffset time));
            Assert.Equal(now, time);
        }

        Assert.Equal(RefusalCode.WrongEpoch, messages[0].Refusal());
        Assert.Equal([1, 2, 3], messages[2].Document().ToArray());
        Assert.Throws<InvalidOperationException>(() => messages[1].Document());
        Assert.Throws<InvalidOperationException>(
            () => new DirectoryMessage(DirectoryMessageType.GetConsensus, default).TryTime(out _));
        Assert.Throws<ArgumentException>(
            () => DirectoryFraming.WriteAnswer(output, DirectoryMessageType.GetConsensus, now, []));
    }

    [Theory]
    [InlineData(0L, true)]
    [InlineData(253_402_300_799_999L, true)]
    [InlineData(253_402_300_800_000L, false)]
    [InlineData(-1L, false)]
    [InlineData(long.MinValue, false)]
    public void A_time_that_no_calendar_has_is_refused(long milliseconds, bool isTime)
    {
        byte[] body = new byte[DirectoryFraming.TimeSize];
        BinaryPrimitives.WriteInt64BigEndian(body, milliseconds);
        DirectoryMessage message = new(DirectoryMessageType.NotNewer, new ReadOnlySequence<byte>(body));

        Assert.Equal(isTime, message.TryTime(out _));
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            Segment next = new(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}

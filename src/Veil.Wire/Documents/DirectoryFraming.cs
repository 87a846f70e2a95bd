using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;

namespace Veil.Wire.Documents;

/// <summary>What <see cref="DirectoryFraming.TryRead"/> found.</summary>
public enum FrameStatus
{
    /// <summary>More bytes are needed; nothing was consumed.</summary>
    NeedMore,

    /// <summary>A whole message was read and consumed.</summary>
    Message,

    /// <summary>The bytes cannot become a message that is allowed here: close.</summary>
    Malformed,
}

/// <summary>
/// Directory messages on one stream (spec/directory.md, section 8): <c>length 4 ‖ type 1 ‖ body</c>, the length
/// big-endian and counting type and body. Length and type are checked as soon as they are there, before a body is
/// buffered. A reader names the types that it may receive; every other one is malformed.
/// </summary>
public static class DirectoryFraming
{
    /// <summary>Bytes before a body.</summary>
    public const int PrefixSize = 5;

    /// <summary>Bytes of the responder's time, with which the body of every answer begins.</summary>
    public const int TimeSize = 8;

    private static readonly DirectoryMessageType[] RequestTypes =
        [DirectoryMessageType.PublishDescriptor, DirectoryMessageType.GetConsensus];

    /// <summary>What any relay or client may ask.</summary>
    public static ReadOnlySpan<DirectoryMessageType> Requests => RequestTypes;

    private static readonly DirectoryMessageType[] AuthorityRequestTypes =
        [.. RequestTypes, DirectoryMessageType.Vote, DirectoryMessageType.Signature];

    /// <summary>What an authority accepts as a request.</summary>
    public static ReadOnlySpan<DirectoryMessageType> AuthorityRequests => AuthorityRequestTypes;

    private static readonly DirectoryMessageType[] DocumentReplyTypes =
        [DirectoryMessageType.Accepted, DirectoryMessageType.Refused];

    /// <summary>Answers to a document that was sent.</summary>
    public static ReadOnlySpan<DirectoryMessageType> DocumentReplies => DocumentReplyTypes;

    private static readonly DirectoryMessageType[] ConsensusReplyTypes =
        [DirectoryMessageType.Consensus, DirectoryMessageType.NotNewer, DirectoryMessageType.NoneYet];

    /// <summary>Answers to GET_CONSENSUS.</summary>
    public static ReadOnlySpan<DirectoryMessageType> ConsensusReplies => ConsensusReplyTypes;

    /// <summary>The shortest and longest body of a type, bytes; (0, −1) for a type that does not exist.</summary>
    public static (int Min, int Max) BodyLimits(DirectoryMessageType type) => type switch
    {
        DirectoryMessageType.PublishDescriptor =>
            (SignedEnvelope.HeaderSize + 1, DocumentLimits.MaxDescriptorBytes),
        DirectoryMessageType.Accepted or DirectoryMessageType.NotNewer or DirectoryMessageType.NoneYet =>
            (TimeSize, TimeSize),
        DirectoryMessageType.Refused => (TimeSize + 1, TimeSize + 1),
        DirectoryMessageType.GetConsensus => (sizeof(ulong), sizeof(ulong)),
        DirectoryMessageType.Consensus => (TimeSize + 1, TimeSize + DocumentLimits.MaxConsensusBytes),
        DirectoryMessageType.Vote => (SignedEnvelope.HeaderSize + 1, DocumentLimits.MaxVoteBytes),
        DirectoryMessageType.Signature => (SignedEnvelope.HeaderSize + 1, AuthoritySignature.MaxBytes),
        _ => (0, -1),
    };

    /// <summary>
    /// Reads one message and moves <paramref name="buffer"/> behind it. After <see cref="FrameStatus.NeedMore"/> the
    /// buffer is unchanged and never has to hold more than the longest allowed message.
    /// </summary>
    public static FrameStatus TryRead(
        ref ReadOnlySequence<byte> buffer,
        ReadOnlySpan<DirectoryMessageType> allowed,
        out DirectoryMessage message)
    {
        Debug.Assert(!allowed.IsEmpty, "A reader that may receive nothing should not read.");
        message = default;
        if (buffer.Length < PrefixSize)
        {
            return FrameStatus.NeedMore;
        }

        Span<byte> prefix = stackalloc byte[PrefixSize];
        buffer.Slice(0, PrefixSize).CopyTo(prefix);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix);
        DirectoryMessageType type = (DirectoryMessageType)prefix[sizeof(uint)];
        (int min, int max) = BodyLimits(type);
        if (!allowed.Contains(type) || length < min + 1L || length > max + 1L)
        {
            return FrameStatus.Malformed;
        }

        long total = sizeof(uint) + (long)length;
        if (buffer.Length < total)
        {
            return FrameStatus.NeedMore;
        }

        message = new DirectoryMessage(type, buffer.Slice(PrefixSize, length - 1));
        buffer = buffer.Slice(total);
        return FrameStatus.Message;
    }

    /// <summary>Writes one message.</summary>
    /// <exception cref="ArgumentException">The body breaks the limits of its type.</exception>
    public static void Write(IBufferWriter<byte> output, DirectoryMessageType type, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(output);
        (int min, int max) = BodyLimits(type);
        if (body.Length < min || body.Length > max)
        {
            throw new ArgumentException($"a body of {body.Length} bytes breaks the limits of {type}", nameof(body));
        }

        Span<byte> prefix = output.GetSpan(PrefixSize);
        BinaryPrimitives.WriteUInt32BigEndian(prefix, (uint)body.Length + 1);
        prefix[sizeof(uint)] = (byte)type;
        output.Advance(PrefixSize);
        output.Write(body);
    }

    /// <summary>Writes a GET_CONSENSUS.</summary>
    public static void WriteGetConsensus(IBufferWriter<byte> output, ulong knownEpoch)
    {
        Span<byte> body = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(body, knownEpoch);
        Write(output, DirectoryMessageType.GetConsensus, body);
    }

    /// <summary>Writes ACCEPTED, or REFUSED with <paramref name="code"/>, and the responder's time.</summary>
    public static void WriteOutcome(IBufferWriter<byte> output, RefusalCode code, DateTimeOffset now)
    {
        Debug.Assert(code <= RefusalCode.NotServed, "A code of this version.");
        if (code == RefusalCode.None)
        {
            WriteAnswer(output, DirectoryMessageType.Accepted, now, []);
            return;
        }

        WriteAnswer(output, DirectoryMessageType.Refused, now, [(byte)code]);
    }

    /// <summary>Writes an answer: the responder's time, then <paramref name="rest"/>.</summary>
    /// <exception cref="ArgumentException">The body breaks the limits of its type.</exception>
    public static void WriteAnswer(
        IBufferWriter<byte> output, DirectoryMessageType type, DateTimeOffset now, ReadOnlySpan<byte> rest)
    {
        ArgumentNullException.ThrowIfNull(output);
        (int min, int max) = BodyLimits(type);
        int length = TimeSize + rest.Length;
        if (!IsAnswer(type) || length < min || length > max)
        {
            throw new ArgumentException($"{type} with {rest.Length} bytes is no answer", nameof(rest));
        }

        Span<byte> prefix = output.GetSpan(PrefixSize + TimeSize);
        BinaryPrimitives.WriteUInt32BigEndian(prefix, (uint)length + 1);
        prefix[sizeof(uint)] = (byte)type;
        BinaryPrimitives.WriteInt64BigEndian(prefix[PrefixSize..], now.ToUnixTimeMilliseconds());
        output.Advance(PrefixSize + TimeSize);
        output.Write(rest);
    }

    /// <summary>Whether messages of this type are answers.</summary>
    public static bool IsAnswer(DirectoryMessageType type) =>
        DocumentReplies.Contains(type) || ConsensusReplies.Contains(type);
}

using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Veil.Wire.Documents;

/// <summary>Kinds of directory messages; the value is the type byte (spec/directory.md, section 8).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "One byte on the wire.")]
public enum DirectoryMessageType : byte
{
    /// <summary>Not a message.</summary>
    None = 0,

    /// <summary>A relay's signed descriptor; answered by ACCEPTED or REFUSED.</summary>
    PublishDescriptor = 1,

    /// <summary>The document was taken.</summary>
    Accepted = 2,

    /// <summary>The document was not taken; one byte says why (<see cref="RefusalCode"/>).</summary>
    Refused = 3,

    /// <summary>Asks for a consensus newer than an epoch (8 bytes; 0 for none known).</summary>
    GetConsensus = 4,

    /// <summary>A consensus document.</summary>
    Consensus = 5,

    /// <summary>The asker's consensus is the newest.</summary>
    NotNewer = 6,

    /// <summary>There is no consensus yet.</summary>
    NoneYet = 7,

    /// <summary>An authority's signed vote; answered by ACCEPTED or REFUSED.</summary>
    Vote = 8,

    /// <summary>An authority's signature of a header; answered by ACCEPTED or REFUSED.</summary>
    Signature = 9,
}

/// <summary>Why a document was refused (spec/directory.md, section 8).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "One byte on the wire.")]
public enum RefusalCode : byte
{
    /// <summary>It was not refused.</summary>
    None = 0,

    /// <summary>Too large, badly signed, badly formed, or for another network.</summary>
    Malformed = 1,

    /// <summary>For an epoch that is over, far ahead, or already decided.</summary>
    WrongEpoch = 2,

    /// <summary>A descriptor with this or a higher sequence number is known.</summary>
    OldSequence = 3,

    /// <summary>The authority's table is full.</summary>
    Full = 4,

    /// <summary>The signer is not another authority of this network.</summary>
    NotAuthority = 5,

    /// <summary>The signer said something else before for the same epoch; the first counts.</summary>
    Equivocation = 6,

    /// <summary>This node does not serve that.</summary>
    NotServed = 7,
}

/// <summary>One directory message, its body still in the reader's buffer: valid until the buffer is advanced.</summary>
public readonly record struct DirectoryMessage(DirectoryMessageType Type, ReadOnlySequence<byte> Body)
{
    private static readonly long _lastMillisecond = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>The epoch of a GET_CONSENSUS.</summary>
    /// <exception cref="InvalidOperationException">Another type.</exception>
    public ulong KnownEpoch()
    {
        if (Type != DirectoryMessageType.GetConsensus)
        {
            throw new InvalidOperationException($"{Type} carries no epoch");
        }

        Debug.Assert(Body.Length == sizeof(ulong), "The framing fixes the length.");
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Body.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    /// <summary>The code of a REFUSED; an unknown one is <see cref="RefusalCode.Malformed"/>.</summary>
    /// <exception cref="InvalidOperationException">Another type.</exception>
    public RefusalCode Refusal()
    {
        if (Type != DirectoryMessageType.Refused)
        {
            throw new InvalidOperationException($"{Type} carries no code");
        }

        Debug.Assert(Body.Length == DirectoryFraming.TimeSize + 1, "The framing fixes the length.");
        RefusalCode code = (RefusalCode)Body.Slice(DirectoryFraming.TimeSize).FirstSpan[0];
        return code is > RefusalCode.None and <= RefusalCode.NotServed ? code : RefusalCode.Malformed;
    }

    /// <summary>The time of the responder when it wrote this answer; false if it is none that a calendar has.</summary>
    /// <exception cref="InvalidOperationException">Not an answer.</exception>
    public bool TryTime(out DateTimeOffset time)
    {
        if (!DirectoryFraming.IsAnswer(Type))
        {
            throw new InvalidOperationException($"{Type} carries no time");
        }

        Debug.Assert(Body.Length >= DirectoryFraming.TimeSize, "The framing fixes the length.");
        Span<byte> bytes = stackalloc byte[DirectoryFraming.TimeSize];
        Body.Slice(0, DirectoryFraming.TimeSize).CopyTo(bytes);
        long milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes);
        bool isTime = milliseconds >= 0 && milliseconds <= _lastMillisecond;
        time = isTime ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : default;
        return isTime;
    }

    /// <summary>The document of a CONSENSUS.</summary>
    /// <exception cref="InvalidOperationException">Another type.</exception>
    public ReadOnlySequence<byte> Document() => Type == DirectoryMessageType.Consensus
        ? Body.Slice(DirectoryFraming.TimeSize)
        : throw new InvalidOperationException($"{Type} carries no consensus");
}

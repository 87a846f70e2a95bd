using System.Buffers;
using Veil.Wire.Names;
using Veil.Wire.Stamps;

namespace Veil.Wire.Store;

/// <summary>A request as read (spec/store.md, section 2).</summary>
/// <param name="Type">One of the four request types.</param>
/// <param name="RequestId">Chosen by the asker, larger than every earlier one of the stream.</param>
/// <param name="Reference">The block meant; for a GET_RECORD, see <see cref="RecordKey"/>.</param>
/// <param name="Lease">As sent, not yet checked against what is sold; day 0 and no stamp unless a PUT.</param>
/// <param name="Block">
/// Within the reader's buffer: the 32,768 bytes of a PUT, the 512 of a PUT_RECORD, not yet checked; otherwise empty.
/// </param>
public readonly record struct StoreRequest(
    StoreFrameType Type,
    uint RequestId,
    BlockRef Reference,
    PaidLease Lease,
    ReadOnlySequence<byte> Block)
{
    /// <summary>What a GET_RECORD asks for.</summary>
    public BlindedKey RecordKey => new(Reference.Value);
}

/// <summary>The lease that a PUT asks for.</summary>
/// <param name="End">The day at whose beginning it ends.</param>
/// <param name="Stamp">What pays for it.</param>
public readonly record struct PaidLease(LeaseDay End, Stamp Stamp);

/// <summary>A reply as read (spec/store.md, section 2).</summary>
/// <param name="Type">One of the six reply types.</param>
/// <param name="RequestId">The request that it answers.</param>
/// <param name="Refusal">The code of <see cref="StoreFrameType.Refused"/>, otherwise none.</param>
/// <param name="Block">
/// Within the reader's buffer, not yet checked: the 32,768 bytes of <see cref="StoreFrameType.Block"/>, the 512 of
/// <see cref="StoreFrameType.Record"/>, the 1,024 of <see cref="StoreFrameType.Fork"/>; otherwise empty.
/// </param>
public readonly record struct StoreReply(
    StoreFrameType Type,
    uint RequestId,
    StoreRefusal Refusal,
    ReadOnlySequence<byte> Block)
{
    /// <summary>What the store asks at present, in a STORED or REFUSED; otherwise nothing.</summary>
    public StampPrice Price { get; init; }
}

/// <summary>What became of an attempt to read a frame.</summary>
public enum StoreReadResult
{
    /// <summary>The bytes so far may become a frame: read on.</summary>
    Incomplete,

    /// <summary>One frame was taken off the front of the buffer.</summary>
    Frame,

    /// <summary>No continuation makes these bytes a frame that may arrive here: close the stream.</summary>
    Malformed,
}

using System.Buffers;

namespace Veil.Wire.Store;

/// <summary>A request as read (spec/store.md, section 2).</summary>
/// <param name="Type"><see cref="StoreFrameType.Put"/> or <see cref="StoreFrameType.Get"/>.</param>
/// <param name="RequestId">Chosen by the asker, larger than every earlier one of the stream.</param>
/// <param name="Reference">The block meant.</param>
/// <param name="LeaseDays">As sent, not yet checked against what is sold; 0 for a GET.</param>
/// <param name="Block">The 32,768 bytes of a PUT within the reader's buffer, empty for a GET.</param>
public readonly record struct StoreRequest(
    StoreFrameType Type,
    uint RequestId,
    BlockRef Reference,
    ushort LeaseDays,
    ReadOnlySequence<byte> Block);

/// <summary>A reply as read (spec/store.md, section 2).</summary>
/// <param name="Type">One of the four reply types.</param>
/// <param name="RequestId">The request that it answers.</param>
/// <param name="Refusal">The code of <see cref="StoreFrameType.Refused"/>, otherwise none.</param>
/// <param name="Block">
/// The 32,768 bytes of <see cref="StoreFrameType.Block"/> within the reader's buffer, not yet compared with the
/// reference; otherwise empty.
/// </param>
public readonly record struct StoreReply(
    StoreFrameType Type,
    uint RequestId,
    StoreRefusal Refusal,
    ReadOnlySequence<byte> Block);

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

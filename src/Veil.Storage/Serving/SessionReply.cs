using System.IO.Pipelines;
using Veil.Wire;
using Veil.Wire.Names;
using Veil.Wire.Stamps;
using Veil.Wire.Store;

namespace Veil.Storage.Serving;

/// <summary>A reply of one session that waits to be written; of type GET, the block for it is still to be read.
/// </summary>
internal readonly record struct SessionReply(StoreFrameType Type, uint RequestId)
{
    public StoreRefusal Refusal { get; private init; }

    /// <summary>The block to read first.</summary>
    public BlockRef Reference { get; private init; }

    /// <summary>The block to send, in a buffer of the budget.</summary>
    public byte[]? Block { get; init; }

    /// <summary>The record to send, or the two that are a fork.</summary>
    public (NameRecord? First, NameRecord? Second) Records { get; init; }

    public static SessionReply Refuse(uint requestId, StoreRefusal refusal) =>
        new(StoreFrameType.Refused, requestId) { Refusal = refusal };

    public static SessionReply Read(uint requestId, BlockRef reference) =>
        new(StoreFrameType.Get, requestId) { Reference = reference };

    /// <summary>Writes the frame.</summary>
    public void WriteTo(PipeWriter output, StampPrice price)
    {
        switch (Type)
        {
            case StoreFrameType.Stored:
                StoreFrameWriter.WriteStored(output, RequestId, price);
                break;
            case StoreFrameType.NotFound:
                StoreFrameWriter.WriteNotFound(output, RequestId);
                break;
            case StoreFrameType.Record:
                StoreFrameWriter.WriteRecord(output, RequestId, Records.First!, Records.Second);
                break;
            case StoreFrameType.Block:
                StoreFrameWriter.WriteBlock(output, RequestId, Block);
                break;
            default:
                StoreFrameWriter.WriteRefused(output, RequestId, Refusal, price);
                break;
        }
    }
}

using System.Diagnostics.CodeAnalysis;

namespace Veil.Wire.Store;

/// <summary>The type byte of a frame (spec/store.md, section 2). Replies have the top bit.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "One byte on the wire.")]
public enum StoreFrameType : byte
{
    /// <summary>Not a frame.</summary>
    None = 0,

    /// <summary>Keep this block: reference, end of the lease, stamp, block.</summary>
    Put = 0x01,

    /// <summary>Give me the block: reference.</summary>
    Get = 0x02,

    /// <summary>Keep this record of a name: record.</summary>
    PutRecord = 0x03,

    /// <summary>Give me the record: blinded key.</summary>
    GetRecord = 0x04,

    /// <summary>It is on disk, a block under a lease at least as long as asked: price.</summary>
    Stored = 0x81,

    /// <summary>The block of the GET.</summary>
    Block = 0x82,

    /// <summary>The block of the GET is not here.</summary>
    NotFound = 0x83,

    /// <summary>The request is not carried out: code, price.</summary>
    Refused = 0x84,

    /// <summary>The record of the GET_RECORD.</summary>
    Record = 0x85,

    /// <summary>Two records of the GET_RECORD with one sequence number.</summary>
    Fork = 0x86,
}

/// <summary>Why a store does not carry out a request (spec/store.md, section 3).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "One byte on the wire.")]
public enum StoreRefusal : byte
{
    /// <summary>Not refused.</summary>
    None = 0,

    /// <summary>The quota or the disk is used up.</summary>
    Full = 1,

    /// <summary>The block's digest is not the reference.</summary>
    BadReference = 2,

    /// <summary>The lease is shorter or longer than what is sold.</summary>
    BadLease = 3,

    /// <summary>The store cannot take the request now; another may.</summary>
    Overloaded = 4,

    /// <summary>What was to be kept is no record of a name: its layout or signature is wrong.</summary>
    BadRecord = 5,

    /// <summary>The record's day is over, or too far ahead, by the store's clock.</summary>
    WrongDay = 6,

    /// <summary>The store has a record with a higher sequence number, or two others with this one.</summary>
    Outdated = 7,

    /// <summary>The stamp is not worth what the store asks (spec/stamp.md, section 3).</summary>
    Unpaid = 8,
}

using Veil.Wire.Names;
using Veil.Wire.Stamps;

namespace Veil.Wire.Store;

/// <summary>Sizes and limits of the store protocol (spec/store.md, sections 2 to 4). All sizes in bytes.</summary>
public static class StoreLayout
{
    /// <summary>Every block, and nothing shorter or longer (spec/block.md).</summary>
    public const int BlockBytes = 32 * 1024;

    /// <summary>The length field in front of a frame; it counts what follows it.</summary>
    public const int LengthBytes = sizeof(uint);

    /// <summary>Length (4), type (1), request id (4).</summary>
    public const int HeaderBytes = LengthBytes + sizeof(byte) + sizeof(uint);

    /// <summary>Reference (32), end of the lease (2), stamp (8), block.</summary>
    public const int PutBodyBytes = Bytes32.Size + sizeof(ushort) + Stamp.Bytes + BlockBytes;

    /// <summary>Reference, or blinded key.</summary>
    public const int GetBodyBytes = Bytes32.Size;

    /// <summary>A record of a name (spec/name.md).</summary>
    public const int RecordBodyBytes = NameRecordLayout.Bytes;

    /// <summary>Two records of a name.</summary>
    public const int ForkBodyBytes = 2 * NameRecordLayout.Bytes;

    /// <summary>The store's price (spec/stamp.md, section 3).</summary>
    public const int StoredBodyBytes = sizeof(uint);

    /// <summary>Refusal code (1), price (4).</summary>
    public const int RefusedBodyBytes = sizeof(byte) + sizeof(uint);

    /// <summary>The longest frame, header included: a PUT.</summary>
    public const int MaxFrameBytes = HeaderBytes + PutBodyBytes;

    /// <summary>Requests without a reply that one stream may have: 64 blocks are 2 MiB at either end.</summary>
    public const int MaxInFlight = 64;

    /// <summary>The shortest lease that is sold.</summary>
    public const ushort MinLeaseDays = 1;

    /// <summary>The longest lease that is sold, and the usual one; renewed at half-life.</summary>
    public const ushort MaxLeaseDays = 60;

    /// <summary>Whether a request of this type may be refused with this code (spec/store.md, section 3).</summary>
    public static bool MayRefuse(StoreFrameType request, StoreRefusal refusal) => request switch
    {
        StoreFrameType.Put => refusal is >= StoreRefusal.Full and <= StoreRefusal.Overloaded or StoreRefusal.Unpaid,
        StoreFrameType.PutRecord => refusal is StoreRefusal.Full
            or >= StoreRefusal.Overloaded and <= StoreRefusal.Outdated,
        _ => refusal == StoreRefusal.Overloaded,
    };

    /// <summary>Length of the body of a frame of this type, or -1 for a type that does not exist.</summary>
    public static int BodyBytes(StoreFrameType type) => type switch
    {
        StoreFrameType.Put => PutBodyBytes,
        StoreFrameType.Get or StoreFrameType.GetRecord => GetBodyBytes,
        StoreFrameType.PutRecord or StoreFrameType.Record => RecordBodyBytes,
        StoreFrameType.Fork => ForkBodyBytes,
        StoreFrameType.Stored => StoredBodyBytes,
        StoreFrameType.NotFound => 0,
        StoreFrameType.Block => BlockBytes,
        StoreFrameType.Refused => RefusedBodyBytes,
        _ => -1,
    };
}

using System.Buffers.Binary;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Onion;

/// <summary>Data of EXTEND: branch (2), relay (32), onion-key id (8), handshake message 1 (spec/circuit.md, section
/// 2).</summary>
internal readonly record struct ExtendRequest(BranchId Branch, RelayId Relay, ulong OnionKeyId,
    ReadOnlyMemory<byte> Message)
{
    /// <summary>Length of the data in bytes.</summary>
    internal const int Bytes = 2 + Bytes32.Size + CreateBody.KeyIdBytes + HopHandshake.FirstBytes;

    internal static bool TryRead(ReadOnlySpan<byte> data, out ExtendRequest request)
    {
        request = default;
        if (data.Length != Bytes)
        {
            return false;
        }

        request = new ExtendRequest(
            new BranchId(BinaryPrimitives.ReadUInt16BigEndian(data)),
            new RelayId(new Bytes32(data.Slice(2, Bytes32.Size))),
            BinaryPrimitives.ReadUInt64BigEndian(data[(2 + Bytes32.Size)..]),
            data[(2 + Bytes32.Size + CreateBody.KeyIdBytes)..].ToArray());
        return request.Branch.Value != 0;
    }

    internal byte[] ToBytes()
    {
        var data = new byte[Bytes];
        BinaryPrimitives.WriteUInt16BigEndian(data, Branch.Value);
        Relay.Value.AsSpan().CopyTo(data.AsSpan(2));
        BinaryPrimitives.WriteUInt64BigEndian(data.AsSpan(2 + Bytes32.Size), OnionKeyId);
        Message.Span.CopyTo(data.AsSpan(2 + Bytes32.Size + CreateBody.KeyIdBytes));
        return data;
    }
}

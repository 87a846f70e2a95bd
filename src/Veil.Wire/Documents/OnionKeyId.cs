using System.Buffers.Binary;
using Geralt;

namespace Veil.Wire.Documents;

/// <summary>
/// Names one of a relay's onion keys (spec/directory.md, section 2): the first 8 bytes, big-endian, of the
/// BLAKE2b-256 digest of the X25519 public key.
/// </summary>
public readonly record struct OnionKeyId(ulong Value)
{
    /// <summary>Length in bytes.</summary>
    public const int Size = sizeof(ulong);

    /// <summary>The id of <paramref name="onionKey"/>.</summary>
    public static OnionKeyId Of(Bytes32 onionKey)
    {
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, onionKey);
        return new OnionKeyId(digest.Prefix64());
    }

    /// <summary>Writes the 8 bytes as they stand in a leaf and in a handshake's prologue.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is shorter than 8 bytes.</exception>
    public void WriteTo(Span<byte> destination) => BinaryPrimitives.WriteUInt64BigEndian(destination, Value);

    /// <summary>16 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16");
}

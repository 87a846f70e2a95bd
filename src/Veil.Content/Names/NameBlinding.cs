using System.Buffers.Binary;
using Geralt;
using Veil.Noise;
using Veil.Wire;
using Veil.Wire.Names;

namespace Veil.Content.Names;

/// <summary>What stands for a name on one day, and where (spec/name.md, sections 2 and 5).</summary>
public static class NameBlinding
{
    private const int DayBytes = sizeof(uint);

    private static ReadOnlySpan<byte> BlindDomain => "veil name blind v1"u8;

    private static ReadOnlySpan<byte> PlaceDomain => "veil name place v1"u8;

    /// <summary>The key under which stores know the name on that day.</summary>
    public static BlindedKey KeyOf(NameAddress address, NameDay day)
    {
        ArgumentNullException.ThrowIfNull(address);
        Bytes32 blinded = default;
        if (!BlindedEd25519.TryBlindPublicKey(address.Key.AsSpan(), Parameter(address.Key, day).AsSpan(), blinded))
        {
            throw new InvalidOperationException("an address holds a public key");
        }

        return new BlindedKey(blinded);
    }

    /// <summary>What decides the stores of a key: a reference as that of a block in copies.</summary>
    public static BlockRef PlaceOf(BlindedKey key)
    {
        Span<byte> input = stackalloc byte[PlaceDomain.Length + Bytes32.Size];
        PlaceDomain.CopyTo(input);
        key.Value.AsSpan().CopyTo(input[PlaceDomain.Length..]);
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, input);
        return new BlockRef(digest);
    }

    /// <summary>H(domain ‖ key ‖ day).</summary>
    internal static Bytes32 Parameter(Bytes32 key, NameDay day)
    {
        Span<byte> input = stackalloc byte[BlindDomain.Length + Bytes32.Size + DayBytes];
        BlindDomain.CopyTo(input);
        key.AsSpan().CopyTo(input[BlindDomain.Length..]);
        BinaryPrimitives.WriteUInt32BigEndian(input[^DayBytes..], day.Value);
        Bytes32 parameter = default;
        BLAKE2b.ComputeHash(parameter, input);
        return parameter;
    }

    /// <summary>Whether the bytes are a public key that can be blinded.</summary>
    internal static bool IsKey(Bytes32 key)
    {
        Span<byte> blinded = stackalloc byte[Bytes32.Size];
        return BlindedEd25519.TryBlindPublicKey(key.AsSpan(), Parameter(key, default).AsSpan(), blinded);
    }
}

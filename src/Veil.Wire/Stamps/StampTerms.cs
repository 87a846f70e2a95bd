using System.Buffers.Binary;
using System.Diagnostics;
using Geralt;
using Veil.Wire.Store;

namespace Veil.Wire.Stamps;

/// <summary>What a stamp is for, and for nothing else (spec/stamp.md, section 2): one block, at one store of one
/// network, until one day.</summary>
/// <param name="Network">The network.</param>
/// <param name="Store">The store's identity.</param>
/// <param name="Reference">The block's reference.</param>
/// <param name="End">The day at whose beginning the lease ends.</param>
public readonly record struct StampTerms(NetworkId Network, RelayId Store, BlockRef Reference, LeaseDay End)
{
    private const int SizeBytes = sizeof(uint);

    private static ReadOnlySpan<byte> Purpose => "veil stamp v1"u8;

    /// <summary>Whether a stamp for these terms is worth so many hashes: two digests, whatever the work.</summary>
    public bool IsPaid(Stamp stamp, ulong work) => work <= 1 || Value(Seed(), stamp) <= Target(work);

    /// <summary>The digest of the terms, which every try goes on from.</summary>
    internal Bytes32 Seed()
    {
        Span<byte> terms = stackalloc byte[Purpose.Length + (3 * Bytes32.Size) + sizeof(ushort) + SizeBytes];
        Span<byte> rest = terms;
        Append(ref rest, Purpose);
        Append(ref rest, Network.Value.AsSpan());
        Append(ref rest, Store.Value.AsSpan());
        Append(ref rest, Reference.Value.AsSpan());
        BinaryPrimitives.WriteUInt16BigEndian(rest, End.Value);
        BinaryPrimitives.WriteUInt32BigEndian(rest[sizeof(ushort)..], StoreLayout.BlockBytes);
        Debug.Assert(rest.Length == sizeof(ushort) + SizeBytes);
        Bytes32 seed = default;
        BLAKE2b.ComputeHash(seed, terms);
        return seed;
    }

    /// <summary>The most that the value of a stamp worth so many hashes may be. <paramref name="work"/> is at least
    /// 1.</summary>
    internal static ulong Target(ulong work) => ulong.MaxValue / work;

    /// <summary>What a stamp comes to: evenly spread over all numbers of 64 bits.</summary>
    internal static ulong Value(in Bytes32 seed, Stamp stamp)
    {
        Span<byte> attempt = stackalloc byte[Bytes32.Size + Stamp.Bytes];
        seed.AsSpan().CopyTo(attempt);
        BinaryPrimitives.WriteUInt64BigEndian(attempt[Bytes32.Size..], stamp.Nonce);
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, attempt);
        return digest.Prefix64();
    }

    private static void Append(ref Span<byte> rest, scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Geralt;
using Veil.Wire.Lanes;

namespace Veil.Wire;

/// <summary>A relay's long-lived Ed25519 public key (spec/directory.md, section 2). Clients have none.</summary>
public readonly record struct RelayId(Bytes32 Value) : IComparable<RelayId>
{
    /// <inheritdoc/>
    public int CompareTo(RelayId other) => Value.CompareTo(other.Value);

    /// <summary>The first 8 hexadecimal digits, enough for a person to tell relays apart.</summary>
    public override string ToString() => Value.ToString()[..8];

    /// <summary>Order of the identity bytes.</summary>
    public static bool operator <(RelayId left, RelayId right) => left.CompareTo(right) < 0;

    /// <summary>Order of the identity bytes.</summary>
    public static bool operator >(RelayId left, RelayId right) => left.CompareTo(right) > 0;

    /// <summary>Order of the identity bytes.</summary>
    public static bool operator <=(RelayId left, RelayId right) => left.CompareTo(right) <= 0;

    /// <summary>Order of the identity bytes.</summary>
    public static bool operator >=(RelayId left, RelayId right) => left.CompareTo(right) >= 0;
}

/// <summary>The BLAKE2b-256 digest of a network's definition (spec/directory.md, section 1): who belongs
/// together.</summary>
public readonly record struct NetworkId(Bytes32 Value);

/// <summary>The BLAKE2b-256 digest of a 32 KiB block's ciphertext (spec/block.md): its name in every store.</summary>
public readonly record struct BlockRef(Bytes32 Value) : IComparable<BlockRef>
{
    /// <summary>The reference of <paramref name="block"/>.</summary>
    public static BlockRef Of(ReadOnlySpan<byte> block)
    {
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, block);
        return new BlockRef(digest);
    }

    /// <summary>The references of <paramref name="blocks"/>, faster than one after another.</summary>
    /// <param name="blocks">Of one length.</param>
    public static BlockRef[] OfAll(ReadOnlySpan<ReadOnlyMemory<byte>> blocks)
    {
        var references = new BlockRef[blocks.Length];
        ManyHashes.Compute(blocks, MemoryMarshal.Cast<BlockRef, Bytes32>(references.AsSpan()));
        return references;
    }

    /// <inheritdoc/>
    public int CompareTo(BlockRef other) => Value.CompareTo(other.Value);

    /// <summary>Order of the reference bytes.</summary>
    public static bool operator <(BlockRef left, BlockRef right) => left.CompareTo(right) < 0;

    /// <summary>Order of the reference bytes.</summary>
    public static bool operator >(BlockRef left, BlockRef right) => left.CompareTo(right) > 0;

    /// <summary>Order of the reference bytes.</summary>
    public static bool operator <=(BlockRef left, BlockRef right) => left.CompareTo(right) <= 0;

    /// <summary>Order of the reference bytes.</summary>
    public static bool operator >=(BlockRef left, BlockRef right) => left.CompareTo(right) >= 0;
}

/// <summary>Names one circuit on one link (spec/cell.md, section 2). 0 is the link itself.</summary>
public readonly record struct CircuitId(uint Value);

/// <summary>Names one branch at one hop of a circuit (spec/circuit.md, section 3). 0 is "for you".</summary>
public readonly record struct BranchId(ushort Value);

/// <summary>Names one stream between a client and one end of a circuit (spec/stream.md, section 1). 0 is
/// none.</summary>
public readonly record struct StreamId(ushort Value);

/// <summary>What a stream is opened to (spec/stream.md, section 2).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "One byte on the wire.")]
public enum ServiceId : byte
{
    /// <summary>Not a service.</summary>
    None = 0,

    /// <summary>Directory documents (spec/directory.md, section 6).</summary>
    Directory = 1,

    /// <summary>A store's blocks (spec/store.md, section 2).</summary>
    Store = 2,

    /// <summary>Connections to the ordinary internet (spec/exit.md, section 2).</summary>
    Exit = 3,
}

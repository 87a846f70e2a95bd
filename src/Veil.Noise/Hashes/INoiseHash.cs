namespace Veil.Noise.Hashes;

/// <summary>A Noise hash function (Noise revision 34, section 4.3).</summary>
internal interface INoiseHash
{
    /// <summary>The name in a protocol's name.</summary>
    static abstract string Name { get; }

    /// <summary>HASHLEN: bytes of a hash, 32 or 64.</summary>
    static abstract int HashLength { get; }

    /// <summary>BLOCKLEN: bytes of a block, 64 or 128; for HMAC.</summary>
    static abstract int BlockLength { get; }

    /// <summary>HASH(first ‖ second ‖ third). The destination may be one of the inputs.</summary>
    static abstract void Hash(
        Span<byte> destination, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third);
}

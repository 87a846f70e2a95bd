using System.Diagnostics;
using Org.BouncyCastle.Crypto.Digests;

namespace Veil.Noise.Hashes;

/// <summary>
/// BLAKE2s (RFC 7693): 32-byte hashes, 64-byte blocks. Here so that public vectors prove the framework; allocates.
/// </summary>
internal sealed class Blake2sHash : INoiseHash
{
    /// <inheritdoc/>
    public static string Name => "BLAKE2s";

    /// <inheritdoc/>
    public static int HashLength => 32;

    /// <inheritdoc/>
    public static int BlockLength => 64;

    /// <inheritdoc/>
    public static void Hash(
        Span<byte> destination, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        Debug.Assert(destination.Length == HashLength, "length of a hash");
        Blake2sDigest digest = new(256);
        digest.BlockUpdate(first);
        digest.BlockUpdate(second);
        digest.BlockUpdate(third);
        digest.DoFinal(destination);
    }
}

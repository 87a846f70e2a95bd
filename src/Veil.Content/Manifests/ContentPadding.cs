using System.Buffers.Binary;
using System.Numerics;
using Geralt;
using Veil.Content.Eris;
using Veil.Wire;

namespace Veil.Content.Manifests;

/// <summary>
/// What hides the exact size of content from those who count its blocks: the number of leaves is rounded up as Padmé
/// does (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PETS 2019,
/// section 4), by at most 12 % and less the larger it is (spec/manifest.md, section 5).
/// </summary>
internal sealed class ContentPadding
{
    private readonly Bytes32 _seed;

    /// <summary>Padding for one publication.</summary>
    /// <param name="secret">Its convergence secret, 32 bytes.</param>
    /// <param name="content">Digest of what is padded: convergent publications share no padding either.</param>
    public ContentPadding(ReadOnlySpan<byte> secret, Bytes32 content)
    {
        Span<byte> message = stackalloc byte[Label.Length + Bytes32.Size];
        Label.CopyTo(message);
        content.AsSpan().CopyTo(message[Label.Length..]);
        BLAKE2b.ComputeTag(_seed, message, secret);
    }

    private static ReadOnlySpan<byte> Label => "veil padding v1"u8;

    /// <summary>Bytes to be encoded for <paramref name="bytes"/> of content; itself where no leaf is added.</summary>
    public static long PaddedLength(long bytes)
    {
        var leaves = ErisLayout.LeafCount(bytes);
        var padded = Round(leaves);
        return padded == leaves ? bytes : (padded * ErisLayout.BlockBytes) - 1;
    }

    /// <summary>
    /// Fills the piece that follows <paramref name="index"/> pieces of 32 KiB; the last may be shorter. It looks like
    /// any bytes, because equal leaves would be one block.
    /// </summary>
    public void Fill(long index, Span<byte> piece)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(number, index);
        Bytes32 key = default;
        BLAKE2b.ComputeTag(key, number, _seed.AsSpan());
        piece.Clear();
        ErisCipher.Transform(piece, piece, key, 0);
    }

    // Of the binary digits of the number, only as many of the upper ones stay as the number of digits has digits.
    private static long Round(long count)
    {
        var exponent = BitOperations.Log2((ulong)count);
        if (exponent == 0) return count;
        var zeros = exponent - (BitOperations.Log2((uint)exponent) + 1);
        var mask = (1L << zeros) - 1;
        return (count + mask) & ~mask;
    }
}

using Geralt;
using Veil.Wire;
using Veil.Wire.Lanes;

namespace Veil.Content.Eris;

/// <summary>Keys and ciphers of single blocks (spec/block.md, section 2).</summary>
internal static class ErisCipher
{
    /// <summary>Keys of leaves that lie one after another: BLAKE2b-256, keyed with the convergence secret.</summary>
    public static void LeafKeys(ReadOnlySpan<byte> leaves, ReadOnlySpan<byte> convergenceSecret, Span<Bytes32> keys) =>
        ManyHashes.Compute(convergenceSecret, leaves, leaves.Length / keys.Length, keys);

    /// <summary>Key of a node: BLAKE2b-256.</summary>
    public static Bytes32 NodeKey(ReadOnlySpan<byte> plaintext)
    {
        Bytes32 key = default;
        BLAKE2b.ComputeHash(key, plaintext);
        return key;
    }

    /// <summary>ChaCha20 with the nonce of <paramref name="level"/>, either direction.</summary>
    public static void Transform(ReadOnlySpan<byte> source, Span<byte> destination, Bytes32 key, byte level)
    {
        Span<byte> nonce = stackalloc byte[ChaCha20.NonceSize];
        nonce.Clear();
        nonce[0] = level;
        ChaCha20.Encrypt(destination, source, nonce, key, 0);
    }
}

using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Hashes;

namespace Veil.Noise;

/// <summary>HMAC (RFC 2104) and HKDF (Noise revision 34, section 4.3; RFC 5869, salt the chaining key).</summary>
internal static class NoiseKdf<THash>
    where THash : INoiseHash
{
    private const int LongestBlock = 128;
    private const int LongestHash = 64;

    /// <summary>HMAC-HASH(key, first ‖ second); the key is at most a block long.</summary>
    internal static void Hmac(
        Span<byte> destination, ReadOnlySpan<byte> key, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        Debug.Assert(THash.BlockLength <= LongestBlock && THash.HashLength <= LongestHash, "room for the hash");
        Debug.Assert(key.Length <= THash.BlockLength, "longer keys are not used");
        Span<byte> block = stackalloc byte[LongestBlock];
        Span<byte> inner = stackalloc byte[LongestHash];
        block = block[..THash.BlockLength];
        inner = inner[..THash.HashLength];
        try
        {
            Pad(block, key, 0x36);
            THash.Hash(inner, block, first, second);
            Pad(block, key, 0x5c);
            THash.Hash(destination, block, inner, default);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(block);
            CryptographicOperations.ZeroMemory(inner);
        }
    }

    /// <summary>HKDF(chainingKey, input, 2): two outputs of HASHLEN. The first may overwrite ck.</summary>
    internal static void Derive(
        ReadOnlySpan<byte> chainingKey, ReadOnlySpan<byte> input, Span<byte> first, Span<byte> second)
    {
        Debug.Assert(chainingKey.Length == THash.HashLength, "length of a chaining key");
        Debug.Assert(first.Length == THash.HashLength && second.Length == THash.HashLength, "length of the outputs");
        Span<byte> temporary = stackalloc byte[LongestHash];
        temporary = temporary[..THash.HashLength];
        try
        {
            Hmac(temporary, chainingKey, input, default);
            Hmac(first, temporary, [1], default);
            Hmac(second, temporary, first, [2]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(temporary);
        }
    }

    private static void Pad(Span<byte> block, ReadOnlySpan<byte> key, byte value)
    {
        block.Fill(value);
        for (int i = 0; i < key.Length; i++)
            block[i] ^= key[i];
    }
}

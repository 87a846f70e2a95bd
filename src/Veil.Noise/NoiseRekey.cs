using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Ciphers;

namespace Veil.Noise;

/// <summary>REKEY(k) of Noise revision 34, section 4.2.</summary>
internal static class NoiseRekey
{
    private const int KeyLength = 32;
    private const int LongestTag = 32;

    /// <summary>k = first 32 bytes of ENCRYPT(k, 2^64 - 1, empty, 32 zero bytes), in place.</summary>
    internal static void Apply<TCipher>(Span<byte> key)
        where TCipher : INoiseCipher
    {
        Debug.Assert(key.Length == KeyLength, "the key is 32 bytes");
        Debug.Assert(TCipher.TagLength <= LongestTag, "room for the tag");
        ReadOnlySpan<byte> zeros = [
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Span<byte> sealedZeros = stackalloc byte[KeyLength + LongestTag];
        try
        {
            TCipher.Seal(key, ulong.MaxValue, default, zeros, sealedZeros[..(KeyLength + TCipher.TagLength)]);
            sealedZeros[..KeyLength].CopyTo(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sealedZeros);
        }
    }
}

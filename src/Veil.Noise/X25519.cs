using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Native;

namespace Veil.Noise;

/// <summary>
/// X25519 (RFC 7748, section 5) over raw bytes: 32-byte private keys (clamped inside), public keys and results.
/// All-zero results, which only public keys of small order give, are refused (RFC 7748, section 6.1).
/// </summary>
internal static unsafe class X25519
{
    /// <summary>Bytes of a private key, a public key and a shared secret.</summary>
    internal const int KeyLength = 32;

    /// <summary>Computes the public key of <paramref name="privateKey"/>.</summary>
    internal static void ComputePublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        Debug.Assert(privateKey.Length == KeyLength && publicKey.Length == KeyLength, "X25519 keys are 32 bytes");
        SodiumNative.Initialise();
        fixed (byte* n = privateKey)
        fixed (byte* q = publicKey)
        {
            int result = SodiumNative.crypto_scalarmult_curve25519_base(q, n);
            Debug.Assert(result == 0, "the base point never gives zero");
        }
    }

    /// <summary>
    /// Computes the shared secret of a key pair and another's public key.
    /// False, with <paramref name="shared"/> zeroed, if the result is all zero.
    /// </summary>
    internal static bool TryDiffieHellman(
        ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> shared)
    {
        Debug.Assert(privateKey.Length == KeyLength && publicKey.Length == KeyLength, "X25519 keys are 32 bytes");
        Debug.Assert(shared.Length == KeyLength, "X25519 results are 32 bytes");
        SodiumNative.Initialise();
        int result;
        fixed (byte* n = privateKey)
        fixed (byte* p = publicKey)
        fixed (byte* q = shared)
            result = SodiumNative.crypto_scalarmult_curve25519(q, n, p);
        if (result == 0)
            return true;
        CryptographicOperations.ZeroMemory(shared);
        return false;
    }

    /// <summary>
    /// Whether a public key can give a shared secret other than zero: false for the encodings
    /// of the five points of small order (reduced modulo p or not, the unused top bit set or not).
    /// </summary>
    internal static bool IsUsable(ReadOnlySpan<byte> publicKey)
    {
        Debug.Assert(publicKey.Length == KeyLength, "X25519 keys are 32 bytes");
        ReadOnlySpan<byte> smallOrder =
        [
            // 0, 1 and the two points of order 8, then p - 1, p and p + 1; little-endian.
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
            0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
            0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
            0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
            0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
            0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
            0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
        ];
        Span<byte> masked = stackalloc byte[KeyLength];
        publicKey.CopyTo(masked);
        masked[31] &= 0x7f;
        for (int offset = 0; offset < smallOrder.Length; offset += KeyLength)
        {
            if (masked.SequenceEqual(smallOrder.Slice(offset, KeyLength)))
                return false;
        }

        return true;
    }
}

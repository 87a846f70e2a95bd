using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Native;

namespace Veil.Noise.Ciphers;

/// <summary>
/// AEGIS-256 (draft-irtf-cfrg-aegis-aead), 32-byte key, 32-byte nonce, 32-byte tag. The nonce is 24 zero bytes and the
/// counter, little-endian (spec/handshake.md, section 3). No claim of key commitment.
/// </summary>
internal sealed unsafe class Aegis256Cipher : INoiseCipher
{
    private const int KeyLength = 32;
    private const int NonceLength = 32;
    private const int Tag = 32;

    /// <inheritdoc/>
    public static string Name => "AEGIS256";

    /// <inheritdoc/>
    public static int TagLength => Tag;

    /// <inheritdoc/>
    public static void Seal(
        ReadOnlySpan<byte> key, ulong n, ReadOnlySpan<byte> ad, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        EncodeNonce(n, nonce);
        SealWithNonce(key, nonce, ad, plaintext, destination);
    }

    /// <summary>Seals under any nonce.</summary>
    internal static void SealWithNonce(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> ad,
        ReadOnlySpan<byte> plaintext,
        Span<byte> destination)
    {
        Debug.Assert(key.Length == KeyLength && nonce.Length == NonceLength, "lengths of key and nonce");
        Debug.Assert(destination.Length == plaintext.Length + Tag, "the destination is a tag longer");
        SodiumNative.Initialise();
        int result;
        fixed (byte* k = key)
        fixed (byte* iv = nonce)
        fixed (byte* a = ad)
        fixed (byte* m = plaintext)
        fixed (byte* c = destination)
        {
            result = SodiumNative.crypto_aead_aegis256_encrypt(
                c, null, m, (ulong)plaintext.Length, a, (ulong)ad.Length, null, iv, k);
        }

        if (result != 0)
            throw new CryptographicException("Sealing failed.");
    }

    /// <inheritdoc/>
    public static bool TryOpen(
        ReadOnlySpan<byte> key, ulong n, ReadOnlySpan<byte> ad, ReadOnlySpan<byte> ciphertext, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        EncodeNonce(n, nonce);
        return TryOpenWithNonce(key, nonce, ad, ciphertext, destination);
    }

    /// <summary>Opens under any nonce.</summary>
    internal static bool TryOpenWithNonce(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> ad,
        ReadOnlySpan<byte> ciphertext,
        Span<byte> destination)
    {
        Debug.Assert(key.Length == KeyLength && nonce.Length == NonceLength, "lengths of key and nonce");
        Debug.Assert(ciphertext.Length == destination.Length + Tag, "the destination is a tag shorter");
        SodiumNative.Initialise();
        fixed (byte* k = key)
        fixed (byte* iv = nonce)
        fixed (byte* a = ad)
        fixed (byte* c = ciphertext)
        fixed (byte* m = destination)
        {
            return SodiumNative.crypto_aead_aegis256_decrypt(
                m, null, null, c, (ulong)ciphertext.Length, a, (ulong)ad.Length, iv, k) == 0;
        }
    }

    private static void EncodeNonce(ulong n, Span<byte> nonce)
    {
        Debug.Assert(nonce.Length == NonceLength, "length of the nonce");
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[(NonceLength - sizeof(ulong))..], n);
    }
}

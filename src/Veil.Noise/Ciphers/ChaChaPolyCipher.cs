using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Native;

namespace Veil.Noise.Ciphers;

/// <summary>
/// ChaCha20-Poly1305 (RFC 8439), 32-byte key, 12-byte nonce, 16-byte tag. The nonce is 4 zero bytes and the counter,
/// little-endian (Noise revision 34, section 12.3). Here so that public vectors prove the framework.
/// </summary>
internal sealed unsafe class ChaChaPolyCipher : INoiseCipher
{
    private const int KeyLength = 32;
    private const int NonceLength = 12;
    private const int Tag = 16;

    /// <inheritdoc/>
    public static string Name => "ChaChaPoly";

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
            result = SodiumNative.crypto_aead_chacha20poly1305_ietf_encrypt(
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
            return SodiumNative.crypto_aead_chacha20poly1305_ietf_decrypt(
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

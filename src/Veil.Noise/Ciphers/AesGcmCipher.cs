using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Veil.Noise.Ciphers;

/// <summary>
/// AES-256-GCM (NIST SP 800-38D), 32-byte key, 12-byte nonce, 16-byte tag. The nonce is 4 zero bytes and the counter,
/// big-endian (Noise revision 34, section 12.4). Here so that public vectors prove the framework; allocates.
/// </summary>
internal sealed class AesGcmCipher : INoiseCipher
{
    private const int NonceLength = 12;
    private const int Tag = 16;

    /// <inheritdoc/>
    public static string Name => "AESGCM";

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
        Debug.Assert(destination.Length == plaintext.Length + Tag, "the destination is a tag longer");
        using AesGcm aes = new(key, Tag);
        aes.Encrypt(nonce, plaintext, destination[..plaintext.Length], destination[plaintext.Length..], ad);
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
        Debug.Assert(ciphertext.Length == destination.Length + Tag, "the destination is a tag shorter");
        using AesGcm aes = new(key, Tag);
        try
        {
            aes.Decrypt(nonce, ciphertext[..destination.Length], ciphertext[destination.Length..], destination, ad);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    private static void EncodeNonce(ulong n, Span<byte> nonce)
    {
        Debug.Assert(nonce.Length == NonceLength, "length of the nonce");
        nonce.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(nonce[(NonceLength - sizeof(ulong))..], n);
    }
}

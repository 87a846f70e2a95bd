namespace Veil.Noise.Ciphers;

/// <summary>
/// A Noise cipher (Noise revision 34, section 4.2): 32-byte key, 64-bit counter as nonce in the cipher's own encoding,
/// tag behind the ciphertext. Source and destination may start at the same address.
/// </summary>
internal interface INoiseCipher
{
    /// <summary>The name in a protocol's name.</summary>
    static abstract string Name { get; }

    /// <summary>Bytes that sealing adds.</summary>
    static abstract int TagLength { get; }

    /// <summary>ENCRYPT(k, n, ad, plaintext); <paramref name="destination"/> is a tag longer.</summary>
    static abstract void Seal(
        ReadOnlySpan<byte> key, ulong n, ReadOnlySpan<byte> ad, ReadOnlySpan<byte> plaintext, Span<byte> destination);

    /// <summary>
    /// DECRYPT(k, n, ad, ciphertext); <paramref name="destination"/> is a tag shorter. False, with the destination
    /// zeroed, if the tag is wrong.
    /// </summary>
    static abstract bool TryOpen(
        ReadOnlySpan<byte> key, ulong n, ReadOnlySpan<byte> ad, ReadOnlySpan<byte> ciphertext, Span<byte> destination);
}

using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Geralt;
using Veil.Wire;
using Veil.Wire.Names;

namespace Veil.Content.Names;

/// <summary>Opens records for who knows the name, and seals them for its owner (spec/name.md, section 4).</summary>
public static class NameSeal
{
    private const int DayBytes = sizeof(uint);

    private static ReadOnlySpan<byte> KeyDomain => "veil name cipher v1"u8;

    /// <summary>
    /// Reads a record of this name. False where it is of another name, or another day than its key says, or holds
    /// nothing that this version understands: only its owner can have made it so.
    /// </summary>
    public static bool TryOpen(
        NameAddress address, NameRecord record, [NotNullWhen(true)] out NameContent? content)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(record);
        content = null;
        if (NameBlinding.KeyOf(address, record.Day) != record.Key)
        {
            return false;
        }

        var key = CipherKey(address, record.Key, record.Day);
        Span<byte> plaintext = stackalloc byte[NameRecordLayout.PlaintextBytes];
        try
        {
            XChaCha20Poly1305.Decrypt(plaintext, record.Ciphertext, record.Nonce, key.AsSpan(), record.Header);
        }
        catch (CryptographicException)
        {
            return false;
        }

        return NameContent.TryRead(plaintext, record.Sequence, out content);
    }

    /// <summary>Writes nonce, ciphertext and tag behind the header.</summary>
    internal static void Seal(
        NameAddress address, BlindedKey blinded, NameDay day, NameContent content, Span<byte> record)
    {
        Span<byte> plaintext = stackalloc byte[NameRecordLayout.PlaintextBytes];
        content.Write(plaintext);
        var key = CipherKey(address, blinded, day);
        var header = record[..NameRecordLayout.HeaderBytes];
        var nonce = record.Slice(NameRecordLayout.HeaderBytes, NameRecordLayout.NonceBytes);

        // From key, header and plaintext: no chance is needed, and two contents never share a nonce.
        Span<byte> input = stackalloc byte[NameRecordLayout.HeaderBytes + NameRecordLayout.PlaintextBytes];
        header.CopyTo(input);
        plaintext.CopyTo(input[NameRecordLayout.HeaderBytes..]);
        BLAKE2b.ComputeTag(nonce, input, key.AsSpan());
        XChaCha20Poly1305.Encrypt(
            record[(NameRecordLayout.HeaderBytes + NameRecordLayout.NonceBytes)..NameRecordLayout.SignedBytes],
            plaintext,
            nonce,
            key.AsSpan(),
            header);
        CryptographicOperations.ZeroMemory(plaintext);
        CryptographicOperations.ZeroMemory(input);
    }

    private static Bytes32 CipherKey(NameAddress address, BlindedKey blinded, NameDay day)
    {
        Span<byte> input = stackalloc byte[KeyDomain.Length + (2 * Bytes32.Size) + DayBytes];
        KeyDomain.CopyTo(input);
        address.Key.AsSpan().CopyTo(input[KeyDomain.Length..]);
        blinded.Value.AsSpan().CopyTo(input[(KeyDomain.Length + Bytes32.Size)..]);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(input[^DayBytes..], day.Value);
        Bytes32 key = default;
        BLAKE2b.ComputeHash(key, input);
        return key;
    }
}

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Geralt;

namespace Veil.Wire.Names;

/// <summary>
/// What stores keep of a name for one day (spec/name.md, section 3): who does not know the name sees a key that is used
/// on this day only, a number, and a ciphertext. An instance's signature holds. Equal by value.
/// </summary>
public sealed class NameRecord : IEquatable<NameRecord>
{
    private readonly byte[] _bytes;

    private NameRecord(byte[] bytes) => _bytes = bytes;

    /// <summary>What is signed, before the bytes.</summary>
    public static ReadOnlySpan<byte> SignatureDomain => "veil name record v1"u8;

    /// <summary>All 512 bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The day that it is for.</summary>
    public NameDay Day =>
        new(BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(NameRecordLayout.DayOffset)));

    /// <summary>Which version of the name's content; grows, never 0.</summary>
    public ulong Sequence => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(NameRecordLayout.SequenceOffset));

    /// <summary>The key of name and day, under which it is signed and kept.</summary>
    public BlindedKey Key => new(new Bytes32(_bytes.AsSpan(NameRecordLayout.KeyOffset, Bytes32.Size)));

    /// <summary>Version to blinded key: what the cipher authenticates beside the plaintext.</summary>
    public ReadOnlySpan<byte> Header => _bytes.AsSpan(0, NameRecordLayout.HeaderBytes);

    /// <summary>The cipher's nonce.</summary>
    public ReadOnlySpan<byte> Nonce =>
        _bytes.AsSpan(NameRecordLayout.HeaderBytes, NameRecordLayout.NonceBytes);

    /// <summary>Ciphertext and tag.</summary>
    public ReadOnlySpan<byte> Ciphertext =>
        _bytes.AsSpan(NameRecordLayout.HeaderBytes + NameRecordLayout.NonceBytes)[..^NameRecordLayout.SignatureBytes];

    /// <summary>Reads a record: layout and signature. False for anything that no name's owner has signed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out NameRecord? record)
    {
        record = null;
        if (!HasLayout(bytes))
        {
            return false;
        }

        Span<byte> signed = stackalloc byte[SignatureDomain.Length + NameRecordLayout.SignedBytes];
        SignatureDomain.CopyTo(signed);
        bytes[..NameRecordLayout.SignedBytes].CopyTo(signed[SignatureDomain.Length..]);
        ReadOnlySpan<byte> key = bytes.Slice(NameRecordLayout.KeyOffset, Bytes32.Size);
        if (!Ed25519.Verify(bytes[NameRecordLayout.SignedBytes..], signed, key))
        {
            return false;
        }

        record = new NameRecord(bytes.ToArray());
        return true;
    }

    /// <summary>Takes bytes that were a record before, and are known to be unchanged: a store's own disk.</summary>
    /// <returns>Null where the layout is none.</returns>
    public static NameRecord? Restore(ReadOnlySpan<byte> bytes) =>
        HasLayout(bytes) ? new NameRecord(bytes.ToArray()) : null;

    /// <summary>Writes the part before the nonce.</summary>
    /// <exception cref="ArgumentException">The sequence is 0, or the destination is too short.</exception>
    public static void WriteHeader(Span<byte> destination, NameDay day, ulong sequence, BlindedKey key)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sequence);
        Span<byte> header = destination[..NameRecordLayout.HeaderBytes];
        header.Clear();
        header[0] = NameRecordLayout.Version;
        BinaryPrimitives.WriteUInt32BigEndian(header[NameRecordLayout.DayOffset..], day.Value);
        BinaryPrimitives.WriteUInt64BigEndian(header[NameRecordLayout.SequenceOffset..], sequence);
        key.Value.AsSpan().CopyTo(header[NameRecordLayout.KeyOffset..]);
    }

    /// <inheritdoc/>
    public bool Equals(NameRecord? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NameRecord);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Key, Sequence);

    private static bool HasLayout(ReadOnlySpan<byte> bytes) =>
        bytes.Length == NameRecordLayout.Bytes
        && bytes[0] == NameRecordLayout.Version
        && !bytes[1..NameRecordLayout.DayOffset].ContainsAnyExcept((byte)0)
        && BinaryPrimitives.ReadUInt64BigEndian(bytes[NameRecordLayout.SequenceOffset..]) != 0;
}

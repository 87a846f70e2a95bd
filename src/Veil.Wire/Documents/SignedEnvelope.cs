using System.Diagnostics;
using Geralt;

namespace Veil.Wire.Documents;

/// <summary>
/// A signed document: <c>signer 32 ‖ Ed25519 signature 64 ‖ body</c> (spec/directory.md, section 1). Signer and
/// signature stand at fixed places, so that the signature is checked before a byte of the body is parsed.
/// What is signed is <c>purpose ‖ signer ‖ BLAKE2b-256(body)</c>; the purpose names the kind of document.
/// </summary>
public readonly struct SignedEnvelope
{
    /// <summary>Bytes of an Ed25519 signature.</summary>
    public const int SignatureSize = 64;

    /// <summary>Bytes before the body.</summary>
    public const int HeaderSize = Bytes32.Size + SignatureSize;

    private SignedEnvelope(ReadOnlyMemory<byte> bytes) => Bytes = bytes;

    /// <summary>The whole envelope.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The key that is said to have signed.</summary>
    public RelayId Signer => new(new Bytes32(Bytes.Span[..Bytes32.Size]));

    /// <summary>The signature, 64 bytes.</summary>
    public ReadOnlyMemory<byte> Signature => Bytes[Bytes32.Size..HeaderSize];

    /// <summary>What is signed; not to be parsed before the signature holds.</summary>
    public ReadOnlyMemory<byte> Body => Bytes[HeaderSize..];

    /// <summary>Splits an envelope; false if there is no body or more than <paramref name="limit"/> bytes.</summary>
    public static bool TrySplit(ReadOnlyMemory<byte> bytes, int limit, out SignedEnvelope envelope)
    {
        Debug.Assert(limit > HeaderSize, "A limit leaves room for a body.");
        envelope = default;
        if (bytes.Length <= HeaderSize || bytes.Length > limit)
        {
            return false;
        }

        envelope = new SignedEnvelope(bytes);
        return true;
    }

    /// <summary>BLAKE2b-256 of a body.</summary>
    public static Bytes32 DigestOf(ReadOnlySpan<byte> body)
    {
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, body);
        return digest;
    }

    /// <summary>The bytes that a signature covers; <paramref name="purpose"/> is ASCII and fixed per kind.</summary>
    public static byte[] SignedBytes(string purpose, RelayId signer, Bytes32 bodyDigest)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        byte[] covered = new byte[purpose.Length + (2 * Bytes32.Size)];
        int length = System.Text.Encoding.ASCII.GetBytes(purpose, covered);
        Debug.Assert(length == purpose.Length, "One byte a character.");
        signer.Value.AsSpan().CopyTo(covered.AsSpan(length));
        bodyDigest.AsSpan().CopyTo(covered.AsSpan(length + Bytes32.Size));
        return covered;
    }
}

using NSec.Cryptography;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Documents;

/// <summary>
/// Ed25519 signatures of directory documents (RFC 8032; spec/directory.md, section 1) over
/// <c>purpose ‖ signer ‖ BLAKE2b-256(body)</c>.
/// </summary>
public static class DocumentSignature
{
    private static readonly SignatureAlgorithm Algorithm = SignatureAlgorithm.Ed25519;

    /// <summary>The identity of a key: its raw public key.</summary>
    public static RelayId IdentityOf(Key key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new RelayId(new Bytes32(key.PublicKey.Export(KeyBlobFormat.RawPublicKey)));
    }

    /// <summary>Signs a body: 64 bytes.</summary>
    public static byte[] Sign(string purpose, Key key, ReadOnlySpan<byte> body) =>
        Algorithm.Sign(key, SignedEnvelope.SignedBytes(purpose, IdentityOf(key), SignedEnvelope.DigestOf(body)));

    /// <summary>Signs a body and puts the envelope around it.</summary>
    public static byte[] Seal(string purpose, Key key, ReadOnlySpan<byte> body)
    {
        var envelope = new byte[SignedEnvelope.HeaderSize + body.Length];
        IdentityOf(key).Value.AsSpan().CopyTo(envelope);
        Sign(purpose, key, body).CopyTo(envelope, Bytes32.Size);
        body.CopyTo(envelope.AsSpan(SignedEnvelope.HeaderSize));
        return envelope;
    }

    /// <summary>
    /// Whether <paramref name="signer"/> signed the body with this digest for this purpose; false for bytes that are
    /// no key or no signature.
    /// </summary>
    public static bool Holds(string purpose, RelayId signer, Bytes32 bodyDigest, ReadOnlySpan<byte> signature) =>
        signature.Length == SignedEnvelope.SignatureSize
        && PublicKey.TryImport(Algorithm, signer.Value.AsSpan(), KeyBlobFormat.RawPublicKey, out var key)
        && Algorithm.Verify(key!, SignedEnvelope.SignedBytes(purpose, signer, bodyDigest), signature);

    /// <summary>Whether the envelope's signature holds for this purpose.</summary>
    public static bool Holds(string purpose, SignedEnvelope envelope) =>
        Holds(purpose, envelope.Signer, SignedEnvelope.DigestOf(envelope.Body.Span), envelope.Signature.Span);
}

using System.Security.Cryptography;
using Veil.Noise.Native;

namespace Veil.Noise;

/// <summary>
/// Ed25519 keys that are blinded by a parameter (spec/name.md, section 2), as Tor's onion services do: whoever knows a
/// public key and the parameter computes the blinded public key; only who has the secret key can sign under it; and
/// blinded keys of one key cannot be told from those of others. Signatures are ordinary ones of RFC 8032 under the
/// blinded key. Secret keys are expanded ones: scalar (32), prefix (32).
/// </summary>
public static unsafe class BlindedEd25519
{
    /// <summary>Bytes of a seed, a public key, a parameter.</summary>
    public const int KeyLength = 32;

    /// <summary>Bytes of an expanded secret key.</summary>
    public const int SecretLength = 64;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureLength = 64;

    private static ReadOnlySpan<byte> PrefixDomain => "Derive temporary signing key hash input"u8;

    /// <summary>Expands a seed (RFC 8032, section 5.1.5): for the caller to wipe.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Expand(ReadOnlySpan<byte> seed, Span<byte> secret)
    {
        Require(seed.Length, KeyLength, nameof(seed));
        Require(secret.Length, SecretLength, nameof(secret));
        SHA512.HashData(seed, secret);
        Clamp(secret[..KeyLength]);
    }

    /// <summary>The public key of an expanded secret key, blinded or not.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void ComputePublicKey(ReadOnlySpan<byte> secret, Span<byte> publicKey)
    {
        Require(secret.Length, SecretLength, nameof(secret));
        Require(publicKey.Length, KeyLength, nameof(publicKey));
        SodiumNative.Initialise();
        fixed (byte* n = secret)
        fixed (byte* q = publicKey)
        {
            if (SodiumNative.crypto_scalarmult_ed25519_base_noclamp(q, n) != 0)
                throw new ArgumentException("a secret scalar is never 0", nameof(secret));
        }
    }

    /// <summary>
    /// Blinds a public key. False, with the output zeroed, for bytes that are no public key: not on the curve, not in
    /// their one spelling, or outside the group that the base point makes.
    /// </summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static bool TryBlindPublicKey(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> parameter, Span<byte> blinded)
    {
        Require(publicKey.Length, KeyLength, nameof(publicKey));
        Require(parameter.Length, KeyLength, nameof(parameter));
        Require(blinded.Length, KeyLength, nameof(blinded));
        Span<byte> factor = stackalloc byte[KeyLength];
        parameter.CopyTo(factor);
        Clamp(factor);
        SodiumNative.Initialise();
        int result;
        fixed (byte* n = factor)
        fixed (byte* p = publicKey)
        fixed (byte* q = blinded)
            result = SodiumNative.crypto_scalarmult_ed25519_noclamp(q, n, p);
        if (result == 0)
            return true;
        blinded.Clear();
        return false;
    }

    /// <summary>Blinds an expanded secret key: for the caller to wipe.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void BlindSecret(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> parameter, Span<byte> blinded)
    {
        Require(secret.Length, SecretLength, nameof(secret));
        Require(parameter.Length, KeyLength, nameof(parameter));
        Require(blinded.Length, SecretLength, nameof(blinded));
        Span<byte> factor = stackalloc byte[KeyLength];
        parameter.CopyTo(factor);
        Clamp(factor);
        SodiumNative.Initialise();
        fixed (byte* x = factor)
        fixed (byte* y = secret)
        fixed (byte* z = blinded)
            SodiumNative.crypto_core_ed25519_scalar_mul(z, x, y);
        Span<byte> digest = stackalloc byte[SHA512.HashSizeInBytes];
        Hash(digest, PrefixDomain, secret[KeyLength..], default);
        digest[..KeyLength].CopyTo(blinded[KeyLength..]);
        CryptographicOperations.ZeroMemory(digest);
    }

    /// <summary>Signs a message (RFC 8032, section 5.1.6).</summary>
    /// <param name="secret">An expanded secret key, blinded or not.</param>
    /// <param name="publicKey">Its public key: another one would give the secret away.</param>
    /// <param name="message">Any length.</param>
    /// <param name="signature">64 bytes.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Sign(
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Require(secret.Length, SecretLength, nameof(secret));
        Require(publicKey.Length, KeyLength, nameof(publicKey));
        Require(signature.Length, SignatureLength, nameof(signature));
        SodiumNative.Initialise();
        Span<byte> digest = stackalloc byte[SHA512.HashSizeInBytes];
        Span<byte> nonce = stackalloc byte[KeyLength];
        Span<byte> challenge = stackalloc byte[KeyLength];
        Hash(digest, secret[KeyLength..], message, default);
        Reduce(digest, nonce);
        fixed (byte* n = nonce)
        fixed (byte* r = signature)
        {
            if (SodiumNative.crypto_scalarmult_ed25519_base_noclamp(r, n) != 0)
                throw new CryptographicException("a nonce of 0");
        }

        Hash(digest, signature[..KeyLength], publicKey, message);
        Reduce(digest, challenge);
        fixed (byte* k = challenge)
        fixed (byte* a = secret)
        fixed (byte* n = nonce)
        fixed (byte* s = signature[KeyLength..])
        {
            SodiumNative.crypto_core_ed25519_scalar_mul(k, k, a);
            SodiumNative.crypto_core_ed25519_scalar_add(s, n, k);
        }

        CryptographicOperations.ZeroMemory(digest);
        CryptographicOperations.ZeroMemory(nonce);
        CryptographicOperations.ZeroMemory(challenge);
    }

    private static void Hash(
        Span<byte> digest, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        hash.AppendData(first);
        hash.AppendData(second);
        hash.AppendData(third);
        hash.GetHashAndReset(digest);
    }

    private static void Reduce(ReadOnlySpan<byte> digest, Span<byte> scalar)
    {
        fixed (byte* s = digest)
        fixed (byte* r = scalar)
            SodiumNative.crypto_core_ed25519_scalar_reduce(r, s);
    }

    private static void Clamp(Span<byte> scalar)
    {
        scalar[0] &= 248;
        scalar[31] &= 63;
        scalar[31] |= 64;
    }

    private static void Require(int length, int expected, string name)
    {
        if (length != expected)
            throw new ArgumentException($"expected {expected} bytes, got {length}", name);
    }
}

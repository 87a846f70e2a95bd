using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Native;

namespace Veil.Noise;

/// <summary>
/// ML-KEM-768 (FIPS 203) over raw bytes: encapsulation key 1184, expanded decapsulation key 2400, ciphertext 1088,
/// shared secret 32, key seed (d, z) 64, encapsulation coins (m) 32. A ciphertext of another key gives an unrelated
/// secret (implicit rejection); an encapsulation key that is not reduced is refused (FIPS 203, section 7.2).
/// </summary>
internal static unsafe class MLKem768
{
    internal const int EncapsulationKeyLength = 1184;
    internal const int DecapsulationKeyLength = 2400;
    internal const int CiphertextLength = 1088;
    internal const int SharedSecretLength = 32;
    internal const int SeedLength = 64;
    internal const int CoinsLength = 32;

    /// <summary>Makes the key pair of a seed.</summary>
    internal static void GenerateKeyPair(
        ReadOnlySpan<byte> seed, Span<byte> encapsulationKey, Span<byte> decapsulationKey)
    {
        Debug.Assert(seed.Length == SeedLength, "a seed is d and z");
        Debug.Assert(encapsulationKey.Length == EncapsulationKeyLength, "length of an encapsulation key");
        Debug.Assert(decapsulationKey.Length == DecapsulationKeyLength, "length of a decapsulation key");
        SodiumNative.Initialise();
        fixed (byte* pk = encapsulationKey)
        fixed (byte* sk = decapsulationKey)
        fixed (byte* d = seed)
        {
            if (SodiumNative.crypto_kem_mlkem768_seed_keypair(pk, sk, d) != 0)
                throw new CryptographicException("ML-KEM key generation failed.");
        }
    }

    /// <summary>Encapsulates a secret to a key. False, with nothing written, if the key is malformed.</summary>
    internal static bool TryEncapsulate(
        ReadOnlySpan<byte> encapsulationKey, ReadOnlySpan<byte> coins, Span<byte> ciphertext, Span<byte> sharedSecret)
    {
        Debug.Assert(encapsulationKey.Length == EncapsulationKeyLength, "length of an encapsulation key");
        Debug.Assert(coins.Length == CoinsLength, "length of the coins");
        Debug.Assert(ciphertext.Length == CiphertextLength, "length of a ciphertext");
        Debug.Assert(sharedSecret.Length == SharedSecretLength, "length of a shared secret");
        SodiumNative.Initialise();
        fixed (byte* pk = encapsulationKey)
        fixed (byte* m = coins)
        fixed (byte* ct = ciphertext)
        fixed (byte* ss = sharedSecret)
            return SodiumNative.crypto_kem_mlkem768_enc_deterministic(ct, ss, pk, m) == 0;
    }

    /// <summary>Decapsulates. A forged ciphertext gives a secret that nobody else knows, and is not reported.</summary>
    internal static void Decapsulate(
        ReadOnlySpan<byte> decapsulationKey, ReadOnlySpan<byte> ciphertext, Span<byte> sharedSecret)
    {
        Debug.Assert(decapsulationKey.Length == DecapsulationKeyLength, "length of a decapsulation key");
        Debug.Assert(ciphertext.Length == CiphertextLength, "length of a ciphertext");
        Debug.Assert(sharedSecret.Length == SharedSecretLength, "length of a shared secret");
        SodiumNative.Initialise();
        fixed (byte* sk = decapsulationKey)
        fixed (byte* ct = ciphertext)
        fixed (byte* ss = sharedSecret)
        {
            if (SodiumNative.crypto_kem_mlkem768_dec(ss, ct, sk) != 0)
                throw new CryptographicException("The ML-KEM decapsulation key is malformed.");
        }
    }

    /// <summary>
    /// The modulus check of FIPS 203, section 7.2: all 768 coefficients, two in three bytes, are below 3329.
    /// The key is public, so the time may depend on it.
    /// </summary>
    internal static bool IsReduced(ReadOnlySpan<byte> encapsulationKey)
    {
        Debug.Assert(encapsulationKey.Length == EncapsulationKeyLength, "length of an encapsulation key");
        const int modulus = 3329;
        ReadOnlySpan<byte> coefficients = encapsulationKey[..^32];
        for (int i = 0; i < coefficients.Length; i += 3)
        {
            int first = coefficients[i] | ((coefficients[i + 1] & 0x0f) << 8);
            int second = (coefficients[i + 1] >> 4) | (coefficients[i + 2] << 4);
            if (first >= modulus || second >= modulus)
                return false;
        }

        return true;
    }
}

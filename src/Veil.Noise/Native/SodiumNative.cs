using System.Runtime.InteropServices;

namespace Veil.Noise.Native;

/// <summary>
/// The libsodium 1.0.22 functions of the handshake and of the cell path, as they stand in its headers.
/// Called directly, because they answer with a number where a wrapper would throw (a flood of forged cells must stay
/// cheap for whoever refuses it), work in place, and because encapsulation takes its coins from the caller.
/// Lengths are validated by the callers; every pointer is pinned by them.
/// </summary>
internal static unsafe partial class SodiumNative
{
    private const string Library = "libsodium";

    // Thread-safe and idempotent in libsodium; chooses the implementations that fit the processor.
    static SodiumNative()
    {
        if (sodium_init() < 0)
            throw new InvalidOperationException("libsodium could not be initialised.");
    }

    /// <summary>Makes sure that libsodium has chosen its implementations.</summary>
    internal static void Initialise()
    {
        // Running this method runs the static constructor.
    }

    [LibraryImport(Library)]
    private static partial int sodium_init();

    [LibraryImport(Library)]
    internal static partial int sodium_mlock(void* address, nuint length);

    [LibraryImport(Library)]
    internal static partial int sodium_munlock(void* address, nuint length);

    [LibraryImport(Library)]
    internal static partial int crypto_aead_aegis256_encrypt(
        byte* c, ulong* clen, byte* m, ulong mlen, byte* ad, ulong adlen, byte* nsec, byte* npub, byte* k);

    [LibraryImport(Library)]
    internal static partial int crypto_aead_aegis256_decrypt(
        byte* m, ulong* mlen, byte* nsec, byte* c, ulong clen, byte* ad, ulong adlen, byte* npub, byte* k);

    [LibraryImport(Library)]
    internal static partial int crypto_aead_chacha20poly1305_ietf_encrypt(
        byte* c, ulong* clen, byte* m, ulong mlen, byte* ad, ulong adlen, byte* nsec, byte* npub, byte* k);

    [LibraryImport(Library)]
    internal static partial int crypto_aead_chacha20poly1305_ietf_decrypt(
        byte* m, ulong* mlen, byte* nsec, byte* c, ulong clen, byte* ad, ulong adlen, byte* npub, byte* k);

    [LibraryImport(Library)]
    internal static partial int crypto_scalarmult_curve25519(byte* q, byte* n, byte* p);

    [LibraryImport(Library)]
    internal static partial int crypto_scalarmult_curve25519_base(byte* q, byte* n);

    [LibraryImport(Library)]
    internal static partial int crypto_kem_mlkem768_seed_keypair(byte* pk, byte* sk, byte* seed);

    [LibraryImport(Library)]
    internal static partial int crypto_kem_mlkem768_enc_deterministic(byte* ct, byte* ss, byte* pk, byte* seed);

    [LibraryImport(Library)]
    internal static partial int crypto_kem_mlkem768_dec(byte* ss, byte* ct, byte* sk);

    [LibraryImport(Library)]
    internal static partial nuint crypto_kem_mlkem768_secretkeybytes();

    [LibraryImport(Library)]
    internal static partial int crypto_generichash_blake2b_init(void* state, byte* key, nuint keylen, nuint outlen);

    [LibraryImport(Library)]
    internal static partial int crypto_generichash_blake2b_update(void* state, byte* data, ulong length);

    [LibraryImport(Library)]
    internal static partial int crypto_generichash_blake2b_final(void* state, byte* output, nuint outlen);

    [LibraryImport(Library)]
    internal static partial int crypto_hash_sha256_init(void* state);

    [LibraryImport(Library)]
    internal static partial int crypto_hash_sha256_update(void* state, byte* data, ulong length);

    [LibraryImport(Library)]
    internal static partial int crypto_hash_sha256_final(void* state, byte* output);

    [LibraryImport(Library)]
    internal static partial int crypto_hash_sha512_init(void* state);

    [LibraryImport(Library)]
    internal static partial int crypto_hash_sha512_update(void* state, byte* data, ulong length);

    [LibraryImport(Library)]
    internal static partial int crypto_hash_sha512_final(void* state, byte* output);

    [LibraryImport(Library)]
    internal static partial int crypto_scalarmult_ed25519_noclamp(byte* q, byte* n, byte* p);

    [LibraryImport(Library)]
    internal static partial int crypto_scalarmult_ed25519_base_noclamp(byte* q, byte* n);

    [LibraryImport(Library)]
    internal static partial void crypto_core_ed25519_scalar_mul(byte* z, byte* x, byte* y);

    [LibraryImport(Library)]
    internal static partial void crypto_core_ed25519_scalar_add(byte* z, byte* x, byte* y);

    [LibraryImport(Library)]
    internal static partial void crypto_core_ed25519_scalar_reduce(byte* r, byte* s);
}

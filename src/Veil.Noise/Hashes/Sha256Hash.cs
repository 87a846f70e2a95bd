using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Native;

namespace Veil.Noise.Hashes;

/// <summary>
/// SHA-256 (FIPS 180-4): 32-byte hashes, 64-byte blocks. Here so that public vectors prove the framework.
/// </summary>
internal sealed unsafe class Sha256Hash : INoiseHash
{
    // Bytes of crypto_hash_sha256_state.
    private const int StateLength = 104;

    /// <inheritdoc/>
    public static string Name => "SHA256";

    /// <inheritdoc/>
    public static int HashLength => 32;

    /// <inheritdoc/>
    public static int BlockLength => 64;

    /// <inheritdoc/>
    public static void Hash(
        Span<byte> destination, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        Debug.Assert(destination.Length == HashLength, "length of a hash");
        SodiumNative.Initialise();
        ulong* state = stackalloc ulong[StateLength / sizeof(ulong)];
        try
        {
            _ = SodiumNative.crypto_hash_sha256_init(state);
            Absorb(state, first);
            Absorb(state, second);
            Absorb(state, third);
            fixed (byte* output = destination)
                _ = SodiumNative.crypto_hash_sha256_final(state, output);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(new Span<byte>(state, StateLength));
        }
    }

    private static void Absorb(ulong* state, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        fixed (byte* d = data)
            _ = SodiumNative.crypto_hash_sha256_update(state, d, (ulong)data.Length);
    }
}

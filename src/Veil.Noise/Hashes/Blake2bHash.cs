using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Native;

namespace Veil.Noise.Hashes;

/// <summary>BLAKE2b (RFC 7693) with 64-byte hashes, 128-byte blocks; and the keyed form that lanes use.</summary>
internal sealed unsafe class Blake2bHash : INoiseHash
{
    // crypto_generichash_blake2b_state: 384 bytes that must lie on a multiple of 64.
    private const int StateLength = 384;
    private const int StateAlignment = 64;

    /// <inheritdoc/>
    public static string Name => "BLAKE2b";

    /// <inheritdoc/>
    public static int HashLength => 64;

    /// <inheritdoc/>
    public static int BlockLength => 128;

    /// <inheritdoc/>
    public static void Hash(
        Span<byte> destination, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        Debug.Assert(destination.Length == HashLength, "length of a hash");
        Span<byte> state = stackalloc byte[StateLength + StateAlignment];
        try
        {
            byte* aligned = Begin(state, default, HashLength);
            Absorb(aligned, first);
            Absorb(aligned, second);
            Absorb(aligned, third);
            End(aligned, destination);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(state);
        }
    }

    /// <summary>
    /// Keyed BLAKE2b of a message: key of at most 64 bytes, result of 16 to 64 bytes, the length part of the hash.
    /// </summary>
    internal static void KeyedHash(Span<byte> destination, ReadOnlySpan<byte> key, ReadOnlySpan<byte> message)
    {
        Debug.Assert(destination.Length is >= 16 and <= 64, "length of a keyed hash");
        Debug.Assert(key.Length <= 64, "length of a key");
        Span<byte> state = stackalloc byte[StateLength + StateAlignment];
        try
        {
            byte* aligned = Begin(state, key, destination.Length);
            Absorb(aligned, message);
            End(aligned, destination);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(state);
        }
    }

    // The state is on the caller's stack, so the pointer stays good for the caller's whole call.
    private static byte* Begin(Span<byte> state, ReadOnlySpan<byte> key, int outputLength)
    {
        SodiumNative.Initialise();
        fixed (byte* raw = state)
        fixed (byte* k = key)
        {
            nuint misaligned = (nuint)raw & (StateAlignment - 1);
            byte* aligned = misaligned == 0 ? raw : raw + (StateAlignment - misaligned);
            int result = SodiumNative.crypto_generichash_blake2b_init(
                aligned, k, (nuint)key.Length, (nuint)outputLength);
            Debug.Assert(result == 0, "lengths were checked");
            return aligned;
        }
    }

    private static void Absorb(byte* state, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        fixed (byte* d = data)
        {
            int result = SodiumNative.crypto_generichash_blake2b_update(state, d, (ulong)data.Length);
            Debug.Assert(result == 0, "absorbing cannot fail");
        }
    }

    private static void End(byte* state, Span<byte> destination)
    {
        fixed (byte* output = destination)
        {
            int result = SodiumNative.crypto_generichash_blake2b_final(state, output, (nuint)destination.Length);
            Debug.Assert(result == 0, "lengths were checked");
        }
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Veil.Wire.Lanes;

/// <summary>
/// The compression function of BLAKE2b (RFC 7693, section 3.2) over four messages at a time, one in each lane of a
/// vector. No step depends on what is hashed.
/// </summary>
internal static class Blake2bLanes
{
    /// <summary>Messages at a time.</summary>
    internal const int Count = 4;

    /// <summary>Words of a piece of a message.</summary>
    internal const int Words = 16;

    /// <summary>Words of a state.</summary>
    internal const int StateWords = 8;

    private const int Rounds = 12;

    // 32 bytes of digest; fan-out and depth 1.
    private const ulong Parameters = 0x0101_0020;
    private const int KeyLengthShift = 8;

    private static ReadOnlySpan<ulong> Start =>
    [
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    ];

    private static ReadOnlySpan<byte> Order =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
    ];

    /// <summary>Writes the state before the first piece, of a digest of 32 bytes.</summary>
    /// <param name="state">8 words.</param>
    /// <param name="keyBytes">0 to 64.</param>
    internal static void Begin(Span<Vector256<ulong>> state, int keyBytes)
    {
        for (int word = 0; word < StateWords; word++)
        {
            state[word] = Vector256.Create(Start[word]);
        }

        state[0] ^= Vector256.Create(Parameters | ((ulong)keyBytes << KeyLengthShift));
    }

    /// <summary>Takes one piece of each message into the state.</summary>
    /// <param name="state">8 words.</param>
    /// <param name="message">16 words.</param>
    /// <param name="taken">Bytes of each message up to the end of this piece, a key's piece included.</param>
    /// <param name="isLast">Whether the messages end here.</param>
    // At once optimised: what the first tier makes of vectors is slower than the library by far.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Compress(
        Span<Vector256<ulong>> state,
        ReadOnlySpan<Vector256<ulong>> message,
        ulong taken,
        bool isLast)
    {
        Vector256<ulong> v0 = state[0], v1 = state[1], v2 = state[2], v3 = state[3];
        Vector256<ulong> v4 = state[4], v5 = state[5], v6 = state[6], v7 = state[7];
        Vector256<ulong> v8 = Vector256.Create(Start[0]), v9 = Vector256.Create(Start[1]);
        Vector256<ulong> v10 = Vector256.Create(Start[2]), v11 = Vector256.Create(Start[3]);
        Vector256<ulong> v12 = Vector256.Create(Start[4] ^ taken), v13 = Vector256.Create(Start[5]);
        Vector256<ulong> v14 = Vector256.Create(isLast ? ~Start[6] : Start[6]), v15 = Vector256.Create(Start[7]);
        ref Vector256<ulong> m = ref MemoryMarshal.GetReference(message);
        ref byte order = ref MemoryMarshal.GetReference(Order);
        for (int round = 0; round < Rounds; round++)
        {
            Mix(ref v0, ref v4, ref v8, ref v12, At(ref m, order, 0), At(ref m, order, 1));
            Mix(ref v1, ref v5, ref v9, ref v13, At(ref m, order, 2), At(ref m, order, 3));
            Mix(ref v2, ref v6, ref v10, ref v14, At(ref m, order, 4), At(ref m, order, 5));
            Mix(ref v3, ref v7, ref v11, ref v15, At(ref m, order, 6), At(ref m, order, 7));
            Mix(ref v0, ref v5, ref v10, ref v15, At(ref m, order, 8), At(ref m, order, 9));
            Mix(ref v1, ref v6, ref v11, ref v12, At(ref m, order, 10), At(ref m, order, 11));
            Mix(ref v2, ref v7, ref v8, ref v13, At(ref m, order, 12), At(ref m, order, 13));
            Mix(ref v3, ref v4, ref v9, ref v14, At(ref m, order, 14), At(ref m, order, 15));
            order = ref Unsafe.Add(ref order, Words);
        }

        state[0] ^= v0 ^ v8;
        state[1] ^= v1 ^ v9;
        state[2] ^= v2 ^ v10;
        state[3] ^= v3 ^ v11;
        state[4] ^= v4 ^ v12;
        state[5] ^= v5 ^ v13;
        state[6] ^= v6 ^ v14;
        state[7] ^= v7 ^ v15;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> At(ref Vector256<ulong> message, in byte order, int place) =>
        Unsafe.Add(ref message, (nint)Unsafe.Add(ref Unsafe.AsRef(in order), place));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(
        ref Vector256<ulong> a,
        ref Vector256<ulong> b,
        ref Vector256<ulong> c,
        ref Vector256<ulong> d,
        Vector256<ulong> x,
        Vector256<ulong> y)
    {
        a = a + b + x;
        d = RotateRight(d ^ a, 32);
        c += d;
        b = RotateRight(b ^ c, 24);
        a = a + b + y;
        d = RotateRight(d ^ a, 16);
        c += d;
        b = RotateRight(b ^ c, 63);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> RotateRight(Vector256<ulong> value, [ConstantExpected] byte bits) =>
        Avx512F.VL.IsSupported
            ? Avx512F.VL.RotateRight(value, bits)
            : (value >>> bits) | (value << (64 - bits));
}

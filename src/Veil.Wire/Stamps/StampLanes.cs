using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Veil.Wire.Stamps;

/// <summary>
/// BLAKE2b-256 (RFC 7693) of a seed and four nonces at a time, one in each lane of a vector: a client that pays should
/// not be four times slower than whoever floods. Nothing here is secret.
/// </summary>
internal static class StampLanes
{
    /// <summary>Nonces at a time.</summary>
    internal const int Count = 4;

    private const int Rounds = 12;
    private const int Words = 16;

    // 32 bytes of digest, no key; 40 bytes of message.
    private const ulong Parameters = 0x0101_0020;
    private const ulong MessageBytes = 40;

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

    /// <summary>The first of the four nonces from <paramref name="first"/> on whose value does not exceed the target,
    /// as its distance; -1 where none does.</summary>
    [SkipLocalsInit]
    internal static int FindFirst(in Bytes32 seed, ulong first, ulong target)
    {
        Span<Vector256<ulong>> message = stackalloc Vector256<ulong>[Words];
        for (int word = 0; word < Count; word++)
        {
            message[word] = Vector256.Create(
                BinaryPrimitives.ReadUInt64LittleEndian(seed.AsSpan()[(word * sizeof(ulong))..]));
        }

        message[Count] = Vector256.Create(
            BinaryPrimitives.ReverseEndianness(first),
            BinaryPrimitives.ReverseEndianness(first + 1),
            BinaryPrimitives.ReverseEndianness(first + 2),
            BinaryPrimitives.ReverseEndianness(first + 3));
        message[(Count + 1)..].Clear();
        Vector256<ulong> values = Compress(message);
        for (int lane = 0; lane < Count; lane++)
        {
            if (BinaryPrimitives.ReverseEndianness(values[lane]) <= target)
            {
                return lane;
            }
        }

        return -1;
    }

    /// <summary>The first word of each lane's digest.</summary>
    private static Vector256<ulong> Compress(ReadOnlySpan<Vector256<ulong>> message)
    {
        Vector256<ulong> v0 = Vector256.Create(Start[0] ^ Parameters), v1 = Vector256.Create(Start[1]);
        Vector256<ulong> v2 = Vector256.Create(Start[2]), v3 = Vector256.Create(Start[3]);
        Vector256<ulong> v4 = Vector256.Create(Start[4]), v5 = Vector256.Create(Start[5]);
        Vector256<ulong> v6 = Vector256.Create(Start[6]), v7 = Vector256.Create(Start[7]);
        Vector256<ulong> v8 = Vector256.Create(Start[0]), v9 = v1, v10 = v2, v11 = v3;
        Vector256<ulong> v12 = Vector256.Create(Start[4] ^ MessageBytes), v13 = v5;
        Vector256<ulong> v14 = Vector256.Create(~Start[6]), v15 = v7;
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

        return Vector256.Create(Start[0] ^ Parameters) ^ v0 ^ v8;
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
    private static Vector256<ulong> RotateRight(Vector256<ulong> value, int bits) =>
        (value >>> bits) | (value << (64 - bits));
}

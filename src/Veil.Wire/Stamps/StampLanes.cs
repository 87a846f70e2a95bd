using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Veil.Wire.Lanes;

namespace Veil.Wire.Stamps;

/// <summary>
/// BLAKE2b-256 (RFC 7693) of a seed and four nonces at a time, one in each lane of a vector: a client that pays should
/// not be four times slower than whoever floods. Nothing here is secret.
/// </summary>
internal static class StampLanes
{
    /// <summary>Nonces at a time.</summary>
    internal const int Count = Blake2bLanes.Count;

    private const ulong MessageBytes = 40;

    /// <summary>The first of the four nonces from <paramref name="first"/> on whose value does not exceed the target,
    /// as its distance; -1 where none does.</summary>
    [SkipLocalsInit]
    internal static int FindFirst(in Bytes32 seed, ulong first, ulong target)
    {
        Span<Vector256<ulong>> state = stackalloc Vector256<ulong>[Blake2bLanes.StateWords];
        Span<Vector256<ulong>> message = stackalloc Vector256<ulong>[Blake2bLanes.Words];
        Blake2bLanes.Begin(state, keyBytes: 0);
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
        Blake2bLanes.Compress(state, message, MessageBytes, isLast: true);
        for (int lane = 0; lane < Count; lane++)
        {
            if (BinaryPrimitives.ReverseEndianness(state[0][lane]) <= target)
            {
                return lane;
            }
        }

        return -1;
    }
}

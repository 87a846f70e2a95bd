using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Geralt;

namespace Veil.Wire.Lanes;

/// <summary>
/// BLAKE2b-256 (RFC 7693) of many messages of one length, four at a time where the processor has AVX2: four blocks
/// then take little longer than one. Elsewhere, and of what is left over, one after another by the library; the digests
/// are the same.
/// </summary>
public static class ManyHashes
{
    private const int PieceBytes = Blake2bLanes.Words * sizeof(ulong);
    private const int DigestWords = Bytes32.Size / sizeof(ulong);

    /// <summary>Hashes messages that lie one after another.</summary>
    /// <param name="key">0 to 64 bytes.</param>
    /// <param name="messages">As many of <paramref name="length"/> bytes as there are digests.</param>
    /// <param name="length">Of each message, in bytes; at least 1.</param>
    /// <param name="digests">Of each message.</param>
    /// <exception cref="ArgumentException">The messages are not as many.</exception>
    public static void Compute(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> messages,
        int length,
        Span<Bytes32> digests)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        if (messages.Length != (long)length * digests.Length)
        {
            throw new ArgumentException("each digest has a message", nameof(messages));
        }

        for (int done = 0; done < digests.Length;)
        {
            int count = Math.Min(Blake2bLanes.Count, digests.Length - done);
            ReadOnlySpan<byte> from = messages[(done * length)..];
            if (IsWorthLanes(count, length))
            {
                ComputeFour(
                    key,
                    from[..length],
                    from.Slice(length, length),
                    from.Slice(Math.Min(2, count - 1) * length, length),
                    from.Slice((count - 1) * length, length),
                    digests.Slice(done, count));
                done += count;
            }
            else
            {
                ComputeOne(key, from[..length], ref digests[done++]);
            }
        }
    }

    /// <summary>Hashes messages wherever they are.</summary>
    /// <param name="messages">Of one length.</param>
    /// <param name="digests">As many.</param>
    /// <exception cref="ArgumentException">They are not, or not as many.</exception>
    public static void Compute(ReadOnlySpan<ReadOnlyMemory<byte>> messages, Span<Bytes32> digests)
    {
        if (messages.Length != digests.Length)
        {
            throw new ArgumentException("each digest has a message", nameof(messages));
        }

        for (int done = 0; done < digests.Length;)
        {
            ReadOnlySpan<ReadOnlyMemory<byte>> some =
                messages.Slice(done, Math.Min(Blake2bLanes.Count, digests.Length - done));
            if (IsWorthLanes(some.Length, some[0].Length))
            {
                ComputeFour(
                    default,
                    some[0].Span,
                    some[1].Span,
                    some[Math.Min(2, some.Length - 1)].Span,
                    some[^1].Span,
                    digests.Slice(done, some.Length));
                done += some.Length;
            }
            else
            {
                ComputeOne(default, some[0].Span, ref digests[done++]);
            }
        }
    }

    // The last piece would have to be filled up; blocks have none that is not full.
    private static bool IsWorthLanes(int count, int length) =>
        Avx2.IsSupported && count > 1 && length % PieceBytes == 0;

    private static void ComputeOne(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, ref Bytes32 digest)
    {
        if (key.IsEmpty)
        {
            BLAKE2b.ComputeHash(digest, message);
        }
        else
        {
            BLAKE2b.ComputeTag(digest, message, key);
        }
    }

    // Of two or three, the last comes more than once.
    [SkipLocalsInit]
    private static void ComputeFour(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        ReadOnlySpan<byte> third,
        ReadOnlySpan<byte> fourth,
        Span<Bytes32> digests)
    {
        if (second.Length != first.Length || third.Length != first.Length || fourth.Length != first.Length)
        {
            throw new ArgumentException("messages are of one length");
        }

        Span<Vector256<ulong>> state = stackalloc Vector256<ulong>[Blake2bLanes.StateWords];
        Span<Vector256<ulong>> piece = stackalloc Vector256<ulong>[Blake2bLanes.Words];
        Blake2bLanes.Begin(state, key.Length);
        ulong taken = 0;
        if (!key.IsEmpty)
        {
            LoadKey(key, piece);
            taken = PieceBytes;
            Blake2bLanes.Compress(state, piece, taken, isLast: false);
        }

        for (int at = 0; at < first.Length; at += PieceBytes)
        {
            Transpose(
                first.Slice(at, PieceBytes),
                second.Slice(at, PieceBytes),
                third.Slice(at, PieceBytes),
                fourth.Slice(at, PieceBytes),
                piece);
            taken += PieceBytes;
            Blake2bLanes.Compress(state, piece, taken, isLast: at + PieceBytes == first.Length);
        }

        Span<ulong> words = MemoryMarshal.Cast<Bytes32, ulong>(digests);
        for (int word = 0; word < words.Length; word++)
        {
            words[word] = state[word % DigestWords][word / DigestWords];
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(state));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(piece));
    }

    private static void LoadKey(ReadOnlySpan<byte> key, Span<Vector256<ulong>> piece)
    {
        Span<byte> padded = stackalloc byte[PieceBytes];
        padded.Clear();
        key.CopyTo(padded);
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(padded);
        for (int word = 0; word < words.Length; word++)
        {
            piece[word] = Vector256.Create(words[word]);
        }

        CryptographicOperations.ZeroMemory(padded);
    }

    // Words of one message become lanes of vectors.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        ReadOnlySpan<byte> third,
        ReadOnlySpan<byte> fourth,
        Span<Vector256<ulong>> piece)
    {
        for (int word = 0; word < Blake2bLanes.Words; word += Blake2bLanes.Count)
        {
            int at = word * sizeof(ulong);
            var a = Vector256.Create(first.Slice(at, Vector256<byte>.Count)).AsUInt64();
            var b = Vector256.Create(second.Slice(at, Vector256<byte>.Count)).AsUInt64();
            var c = Vector256.Create(third.Slice(at, Vector256<byte>.Count)).AsUInt64();
            var d = Vector256.Create(fourth.Slice(at, Vector256<byte>.Count)).AsUInt64();
            var evenAb = Avx2.UnpackLow(a, b);
            var oddAb = Avx2.UnpackHigh(a, b);
            var evenCd = Avx2.UnpackLow(c, d);
            var oddCd = Avx2.UnpackHigh(c, d);
            piece[word] = Vector256.Create(evenAb.GetLower(), evenCd.GetLower());
            piece[word + 1] = Vector256.Create(oddAb.GetLower(), oddCd.GetLower());
            piece[word + 2] = Vector256.Create(evenAb.GetUpper(), evenCd.GetUpper());
            piece[word + 3] = Vector256.Create(oddAb.GetUpper(), oddCd.GetUpper());
        }
    }
}

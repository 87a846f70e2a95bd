using System.Buffers.Binary;

namespace Veil.Bench.Streams;

/// <summary>
/// Content in which each 8 bytes tell where they belong, so that what is lost, doubled or swapped shows: the place's
/// number times an odd constant.
/// </summary>
internal static class NumberedBytes
{
    internal const int WordBytes = 8;

    private const ulong Spread = 0x9E3779B97F4A7C15;

    /// <summary>Writes what stands at a place; both are multiples of 8.</summary>
    internal static void Fill(Span<byte> buffer, long place)
    {
        for (int index = 0; index < buffer.Length; index += WordBytes)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(buffer[index..], Word(place + index));
        }
    }

    /// <summary>Whether these bytes are those of a place, which may be any.</summary>
    internal static bool AreAt(ReadOnlySpan<byte> bytes, long place)
    {
        Span<byte> word = stackalloc byte[WordBytes];
        while (bytes.Length > 0)
        {
            int skipped = (int)(place % WordBytes);
            int count = Math.Min(WordBytes - skipped, bytes.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(word, Word(place - skipped));
            if (!bytes[..count].SequenceEqual(word.Slice(skipped, count)))
            {
                return false;
            }

            bytes = bytes[count..];
            place += count;
        }

        return true;
    }

    private static ulong Word(long place) => unchecked(((ulong)place / WordBytes * Spread) + 1);
}

using System.Buffers.Binary;
using Veil.Content.Eris;
using Veil.Wire;

namespace Veil.Content.Stripes;

/// <summary>
/// Where things stand in a stripe map (spec/stripe.md, section 3). Everything follows from the number of leaves, so
/// that a reader takes one stripe's references out of the middle.
/// </summary>
public static class StripeMapLayout
{
    /// <summary>Length of the header.</summary>
    public const int HeaderBytes = 32;

    private const int LeafCountOffset = 8;
    private const int ZeroOffset = 16;

    private static ReadOnlySpan<byte> Magic => "VEILMAP1"u8;

    /// <summary>The most leaves.</summary>
    public static long MaxLeaves => ErisLayout.LeafCount(ErisLayout.MaxContentBytes);

    /// <summary>Length of the whole map in bytes.</summary>
    public static long Length(long leafCount) =>
        InnerOffset(leafCount) + (ErisLayout.InnerCount(leafCount) * Bytes32.Size);

    /// <summary>Where the references of <paramref name="stripe"/> begin.</summary>
    public static long StripeOffset(long stripe) => HeaderBytes + (stripe * StripeShape.MaxShares * Bytes32.Size);

    /// <summary>Where the references of the inner nodes begin.</summary>
    public static long InnerOffset(long leafCount) => HeaderBytes + (StripeShape.TotalOf(leafCount) * Bytes32.Size);

    /// <summary>Writes the header.</summary>
    /// <param name="leafCount">1 to <see cref="MaxLeaves"/>.</param>
    /// <param name="destination">At least 32 bytes.</param>
    public static void WriteHeader(long leafCount, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(leafCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(leafCount, MaxLeaves);
        destination[..HeaderBytes].Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteInt64BigEndian(destination[LeafCountOffset..], leafCount);
    }

    /// <summary>Reads the header. False where it breaks its layout or the number of leaves is out of range.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> source, out long leafCount)
    {
        leafCount = 0;
        if (source.Length < HeaderBytes
            || !source.StartsWith(Magic)
            || source[ZeroOffset..HeaderBytes].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        leafCount = BinaryPrimitives.ReadInt64BigEndian(source[LeafCountOffset..]);
        return leafCount >= 1 && leafCount <= MaxLeaves;
    }
}

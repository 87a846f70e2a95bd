using System.Buffers.Binary;
using Veil.Content.Eris;
using Veil.Wire;

namespace Veil.Content.Stripes;

/// <summary>
/// Where things stand in a stripe map (spec/stripe.md, section 3). Everything follows from the number of leaves and
/// the parity level, so that a reader takes one stripe's references out of the middle.
/// </summary>
public static class StripeMapLayout
{
    /// <summary>Length of the header.</summary>
    public const int HeaderBytes = 32;

    private const int LeafCountOffset = 8;
    private const int LevelOffset = 16;
    private const int ZeroOffset = 17;

    private static ReadOnlySpan<byte> Magic => "VEILMAP1"u8;

    /// <summary>Length of the whole map in bytes.</summary>
    public static long Length(StripePlan plan) =>
        InnerOffset(plan) + (ErisLayout.InnerCount(plan.Leaves) * Bytes32.Size);

    /// <summary>Where the references of <paramref name="stripe"/> begin.</summary>
    public static long StripeOffset(StripePlan plan, long stripe) =>
        HeaderBytes + (stripe * plan.FullShares * Bytes32.Size);

    /// <summary>Where the references of the inner nodes begin.</summary>
    public static long InnerOffset(StripePlan plan) => HeaderBytes + (plan.TotalShares * Bytes32.Size);

    /// <summary>Writes the header.</summary>
    /// <param name="plan">Of 1 to <see cref="StripePlan.MaxLeaves"/> leaves.</param>
    /// <param name="destination">At least 32 bytes.</param>
    public static void WriteHeader(StripePlan plan, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Leaves, 1, nameof(plan));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plan.Leaves, StripePlan.MaxLeaves, nameof(plan));
        destination[..HeaderBytes].Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteInt64BigEndian(destination[LeafCountOffset..], plan.Leaves);
        destination[LevelOffset] = (byte)plan.Level;
    }

    /// <summary>Reads the header. False where it breaks its layout, or leaves or level are out of range.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> source, out StripePlan plan)
    {
        plan = default;
        if (source.Length < HeaderBytes
            || !source.StartsWith(Magic)
            || source[ZeroOffset..HeaderBytes].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        plan = new(
            BinaryPrimitives.ReadInt64BigEndian(source[LeafCountOffset..]), (ParityLevel)source[LevelOffset]);
        return plan.Leaves >= 1 && plan.Leaves <= StripePlan.MaxLeaves && plan.Level <= ParityLevel.Quarter;
    }
}

using Veil.Content.Eris;

namespace Veil.Content.Stripes;

/// <summary>How the leaves of one object lie in stripes (spec/stripe.md, section 1).</summary>
/// <param name="Leaves">Leaves of the object's data, at least 1.</param>
/// <param name="Level">Parity of all its stripes.</param>
public readonly record struct StripePlan(long Leaves, ParityLevel Level)
{
    /// <summary>The most leaves of an object.</summary>
    public static long MaxLeaves => ErisLayout.LeafCount(ErisLayout.MaxContentBytes);

    /// <summary>Number of stripes.</summary>
    public long Count => (Leaves + ReedSolomon.MaxDataShares - 1) / ReedSolomon.MaxDataShares;

    /// <summary>Shares of every stripe but the last, which may have fewer.</summary>
    public int FullShares => StripeShape.For(ReedSolomon.MaxDataShares, Level).TotalShares;

    /// <summary>Shares of all stripes, at most those of the largest file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are more leaves than an object may have.</exception>
    public long TotalShares
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(Leaves, MaxLeaves);
            return ((Count - 1) * FullShares) + ShapeOf(Count - 1).TotalShares;
        }
    }

    /// <summary>The shape of one stripe.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such stripe.</exception>
    public StripeShape ShapeOf(long stripe)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stripe);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(stripe, Count);
        long left = Leaves - (stripe * ReedSolomon.MaxDataShares);
        return StripeShape.For((int)Math.Min(ReedSolomon.MaxDataShares, left), Level);
    }
}

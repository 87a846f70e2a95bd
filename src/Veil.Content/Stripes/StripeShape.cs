using Veil.Content.Eris;

namespace Veil.Content.Stripes;

/// <summary>How many shares a stripe has (spec/stripe.md, section 1).</summary>
/// <param name="DataShares">k, 1 to 16.</param>
/// <param name="ParityShares">9, 12, 16, 22 or 32.</param>
public readonly record struct StripeShape(int DataShares, int ParityShares)
{
    /// <summary>The most shares of a stripe.</summary>
    public const int MaxShares = ReedSolomon.MaxDataShares + ReedSolomon.MaxParityShares;

    /// <summary>Bytes of content in a full stripe: 512 KiB.</summary>
    public const long FullBytes = (long)ReedSolomon.MaxDataShares * ErisLayout.BlockBytes;

    /// <summary>n: data and parity.</summary>
    public int TotalShares => DataShares + ParityShares;

    /// <summary>Fewer acknowledged shares than this, ⌈2n/3⌉, fail a publication.</summary>
    public int NeededShares => ((2 * TotalShares) + 2) / 3;

    /// <summary>The shape of a stripe of <paramref name="dataShares"/> blocks.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 to 16.</exception>
    public static StripeShape For(int dataShares) => dataShares switch
    {
        1 => new(dataShares, 9),
        2 => new(dataShares, 12),
        3 or 4 => new(dataShares, 16),
        >= 5 and <= 8 => new(dataShares, 22),
        >= 9 and <= 16 => new(dataShares, ReedSolomon.MaxParityShares),
        _ => throw new ArgumentOutOfRangeException(nameof(dataShares)),
    };

    /// <summary>Number of stripes over <paramref name="leafCount"/> leaves.</summary>
    public static long Count(long leafCount) =>
        (leafCount + ReedSolomon.MaxDataShares - 1) / ReedSolomon.MaxDataShares;

    /// <summary>
    /// The shape of stripe <paramref name="stripe"/> of an object of <paramref name="leafCount"/> leaves.
    /// </summary>
    public static StripeShape Of(long leafCount, long stripe)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stripe);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(stripe, Count(leafCount));
        return For((int)Math.Min(ReedSolomon.MaxDataShares, leafCount - (stripe * ReedSolomon.MaxDataShares)));
    }

    /// <summary>
    /// Shares of all stripes over <paramref name="leafCount"/> leaves, at most those of the largest file.
    /// </summary>
    public static long TotalOf(long leafCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(leafCount, ErisLayout.LeafCount(ErisLayout.MaxContentBytes));
        var stripes = Count(leafCount);
        return ((stripes - 1) * MaxShares) + Of(leafCount, stripes - 1).TotalShares;
    }
}

using Veil.Content.Eris;

namespace Veil.Content.Stripes;

/// <summary>How many shares a stripe has (spec/stripe.md, section 1).</summary>
/// <param name="DataShares">k, 1 to 16.</param>
/// <param name="ParityShares">m, 3 to 32.</param>
public readonly record struct StripeShape(int DataShares, int ParityShares)
{
    /// <summary>The most shares of a stripe.</summary>
    public const int MaxShares = ReedSolomon.MaxDataShares + ReedSolomon.MaxParityShares;

    /// <summary>Bytes of content in a full stripe: 512 KiB.</summary>
    public const long FullBytes = (long)ReedSolomon.MaxDataShares * ErisLayout.BlockBytes;

    /// <summary>n: data and parity.</summary>
    public int TotalShares => DataShares + ParityShares;

    /// <summary>Fewer acknowledged shares than this, the more of ⌈2n/3⌉ and k + ⌈m/2⌉, fail a publication.</summary>
    public int NeededShares => Math.Max(((2 * TotalShares) + 2) / 3, DataShares + ((ParityShares + 1) / 2));

    /// <summary>The shape of a stripe of <paramref name="dataShares"/> blocks.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 to 16, or no level that there is.</exception>
    public static StripeShape For(int dataShares, ParityLevel level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative((int)level, nameof(level));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)level, (int)ParityLevel.Quarter, nameof(level));
        int full = dataShares switch
        {
            1 => 9,
            2 => 12,
            3 or 4 => 16,
            >= 5 and <= 8 => 22,
            >= 9 and <= ReedSolomon.MaxDataShares => ReedSolomon.MaxParityShares,
            _ => throw new ArgumentOutOfRangeException(nameof(dataShares)),
        };
        int divisor = 1 << (int)level;
        return new(dataShares, (full + divisor - 1) / divisor);
    }
}

using System.Numerics;
using Veil.Content.Stripes;
using Veil.Wire;

namespace Veil.Content.Keeping;

/// <summary>What was found of one stripe (spec/keeping.md, section 1). Bit i of a mask is share i.</summary>
/// <param name="Stripe">Its number.</param>
/// <param name="Shape">How many shares it has.</param>
/// <param name="PlacedMask">Shares that a store gave.</param>
/// <param name="UnreachableMask">Shares that may be on a store that cannot be reached.</param>
public readonly record struct StripeHealth(long Stripe, StripeShape Shape, ulong PlacedMask, ulong UnreachableMask)
{
    /// <summary>Shares that count as lost and may be on a store that is none of their places and did not answer: worth
    /// a second look in the same round.</summary>
    public ulong DoubtfulMask { get; init; }

    /// <summary>Shares that a store gave.</summary>
    public int Placed => BitOperations.PopCount(PlacedMask);

    /// <summary>Shares that may be on a store that cannot be reached.</summary>
    public int Unreachable => BitOperations.PopCount(UnreachableMask);

    /// <summary>Shares that are on no store that has to do with them.</summary>
    public int Lost => Shape.TotalShares - Placed - Unreachable;

    /// <summary>At or below it, a stripe is repaired.</summary>
    public int Threshold => Shape.NeededShares;

    /// <summary>Whether it would be repaired now.</summary>
    public bool IsDue => Placed + Unreachable <= Threshold;

    /// <summary>Whether it is repaired whatever else is.</summary>
    public bool IsUrgent => IsDue && Placed <= (Shape.DataShares + Threshold) / 2;

    /// <summary>Whether it can be rebuilt and read.</summary>
    public bool IsReadable => Placed >= Shape.DataShares;

    /// <summary>1 for a full stripe, 0 where one more loss ends it, less where it is over.</summary>
    public double Margin => (double)(Placed - Shape.DataShares) / Shape.ParityShares;

    /// <summary>Numbers of the lost shares.</summary>
    public IEnumerable<int> LostShares()
    {
        var known = PlacedMask | UnreachableMask;
        return Enumerable.Range(0, Shape.TotalShares).Where(share => (known >> share & 1) == 0);
    }
}

/// <summary>What was found of one block in copies.</summary>
/// <param name="Reference">Which.</param>
/// <param name="Copies">How many there should be.</param>
/// <param name="Placed">How many stores gave it, of those that should.</param>
/// <param name="Unreachable">How many of those cannot be reached.</param>
public readonly record struct CopyHealth(BlockRef Reference, int Copies, int Placed, int Unreachable)
{
    /// <summary>Whether a store that otherwise answers did not when it was asked for it: worth a second look in the
    /// same round.</summary>
    public bool IsDoubtful { get; init; }

    /// <summary>How many are missing for good.</summary>
    public int Lost => Math.Max(0, Copies - Placed - Unreachable);

    /// <summary>At or below it, a block is brought to its places again.</summary>
    public int Threshold => ((2 * Copies) + 2) / 3;

    /// <summary>Whether it would be repaired now.</summary>
    public bool IsDue => Placed + Unreachable <= Threshold && Lost > 0;

    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(CopyHealth);
}

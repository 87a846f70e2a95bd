namespace Veil.Content.Keeping;

/// <summary>What a check found (spec/keeping.md, section 3).</summary>
public sealed record ObjectHealth
{
    /// <summary>Number of stripes.</summary>
    public required long Stripes { get; init; }

    /// <summary>Shares of all stripes and how many of them are what.</summary>
    public required PartCounts Shares { get; init; }

    /// <summary>The stripe that is nearest to its end; any where all are full.</summary>
    public required StripeHealth WorstStripe { get; init; }

    /// <summary>Stripes that can be neither read nor rebuilt from what was found.</summary>
    public required long StripesBroken { get; init; }

    /// <summary>Number of blocks in copies.</summary>
    public required long CopiedBlocks { get; init; }

    /// <summary>Copies of all of them and how many are what.</summary>
    public required PartCounts Copies { get; init; }

    /// <summary>The fewest copies that were found of a block.</summary>
    public required int WorstCopies { get; init; }

    /// <summary>Whether no stripe and no copied block is at or below its threshold.</summary>
    public required bool IsHealthy { get; init; }

    /// <summary>Stores that were asked, and those of them that answered nothing.</summary>
    public required (int Asked, int Silent) Stores { get; init; }

    /// <summary>Stripes that are not full, as many as are remembered.</summary>
    public required IReadOnlyList<StripeHealth> Incomplete { get; init; }

    /// <summary>Copied blocks that do not have all copies, as many as are remembered.</summary>
    public required IReadOnlyList<CopyHealth> IncompleteCopies { get; init; }

    /// <summary>Whether every share and copy is placed.</summary>
    public bool IsFull => Shares.Placed == Shares.Needed && Copies.Placed == Copies.Needed;

    /// <summary>Whether anything that is needed is on no store at all.</summary>
    public bool IsBroken => StripesBroken > 0 || WorstCopies == 0;
}

/// <summary>Counts of shares or copies.</summary>
/// <param name="Needed">How many there should be.</param>
/// <param name="Placed">How many a store gave.</param>
/// <param name="Unreachable">How many may be on stores that cannot be reached.</param>
public readonly record struct PartCounts(long Needed, long Placed, long Unreachable)
{
    /// <summary>How many are lost.</summary>
    public long Lost => Needed - Placed - Unreachable;
}

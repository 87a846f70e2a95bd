namespace Veil.Node.Control;

/// <summary>What is to be kept, and how (spec/control.md, section 2.3).</summary>
/// <param name="Key">A content key or a repair key.</param>
/// <param name="Now">Whether a round is made at once and waited for.</param>
/// <param name="NoGrace">Whether that round takes what is unreachable for lost.</param>
public sealed record KeepRequest(string? Key, bool Now, bool NoGrace);

/// <summary>What was found of content.</summary>
/// <param name="Stripes">Number of stripes.</param>
/// <param name="SharesNeeded">Shares of all stripes.</param>
/// <param name="SharesPlaced">Those that a store gave.</param>
/// <param name="WorstStripe">Shares that were found of the stripe that is nearest to its end.</param>
/// <param name="Healthy">Whether no stripe and no copied block is at its threshold.</param>
public sealed record CheckAnswer(
    long Stripes,
    long SharesNeeded,
    long SharesPlaced,
    int WorstStripe,
    bool Healthy)
{
    /// <summary>Shares that may be on stores that cannot be reached.</summary>
    public long SharesUnreachable { get; init; }

    /// <summary>Shares that are on no store that has to do with them.</summary>
    public long SharesLost { get; init; }

    /// <summary>Shares that the worst stripe has when it is full.</summary>
    public int WorstStripeShares { get; init; }

    /// <summary>Shares that the worst stripe needs to be read.</summary>
    public int WorstStripeNeeds { get; init; }

    /// <summary>Stripes of which fewer shares were found than they need.</summary>
    public long StripesBroken { get; init; }

    /// <summary>Blocks that are kept in copies.</summary>
    public long CopiedBlocks { get; init; }

    /// <summary>Copies of all of them.</summary>
    public long CopiesNeeded { get; init; }

    /// <summary>Those that a store gave.</summary>
    public long CopiesPlaced { get; init; }

    /// <summary>Those whose stores cannot be reached.</summary>
    public long CopiesUnreachable { get; init; }

    /// <summary>Those that are lost.</summary>
    public long CopiesLost { get; init; }

    /// <summary>The fewest copies that were found of a block.</summary>
    public int WorstCopies { get; init; }

    /// <summary>Whether every share and copy was found.</summary>
    public bool Full { get; init; }

    /// <summary>Stores that were asked.</summary>
    public int StoresAsked { get; init; }

    /// <summary>Those of them that answered nothing.</summary>
    public int StoresSilent { get; init; }
}

/// <summary>What a round did.</summary>
/// <param name="Verdict">healthy, waiting, own_connection, repair or repair_part.</param>
/// <param name="Stored">Shares and copies that were put back.</param>
/// <param name="RepairsFailed">Stripes and blocks that could not be repaired whole.</param>
/// <param name="Renewed">Leases that were renewed.</param>
/// <param name="RenewalsFailed">Those that were due and were not.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Left">As it was left.</param>
public sealed record RoundDocument(
    string Verdict,
    long Stored,
    long RepairsFailed,
    long Renewed,
    long RenewalsFailed,
    double Seconds,
    CheckAnswer Left);

/// <summary>Something is kept from now on.</summary>
/// <param name="Id">Its local id.</param>
/// <param name="Name">Its name; empty where it is kept by a repair key.</param>
/// <param name="Added">False when it was kept before.</param>
/// <param name="Round">The round that was asked for, or null.</param>
public sealed record KeepAnswer(string Id, string Name, bool Added, RoundDocument? Round);

/// <summary>What is kept, oldest first.</summary>
public sealed record KeepList(IReadOnlyList<KeepDocument> Keeps);

/// <summary>Something that is kept.</summary>
/// <param name="Id">Its local id.</param>
/// <param name="Name">Its name, or empty.</param>
/// <param name="Bytes">Its length, where it is known.</param>
/// <param name="KeptSince">When keeping began.</param>
/// <param name="LastRoundAt">When the last round began, or null.</param>
/// <param name="NextRoundAt">When the next is due.</param>
/// <param name="LastFault">Why the last round could not be made, or null.</param>
/// <param name="Health">How the last round that was made left it, or null.</param>
public sealed record KeepDocument(
    string Id,
    string Name,
    long? Bytes,
    DateTimeOffset KeptSince,
    DateTimeOffset? LastRoundAt,
    DateTimeOffset NextRoundAt,
    string? LastFault,
    KeepHealthDocument? Health);

/// <summary>Health at the last round; members as in a check.</summary>
public sealed record KeepHealthDocument(
    long Stripes, long SharesNeeded, long SharesPlaced, int WorstStripe, bool Healthy);

/// <summary>What is to be kept no longer.</summary>
/// <param name="Keep">Its local id, its content key or its repair key.</param>
public sealed record UnkeepRequest(string? Keep);

/// <summary>What is kept no longer.</summary>
public sealed record UnkeepAnswer(string Id, string Name);

/// <summary>The repair key of some content: secret.</summary>
public sealed record RepairKeyAnswer(string RepairKey);

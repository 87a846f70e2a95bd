namespace Veil.Content.Keeping;

/// <summary>How a round is to be (spec/keeping.md, sections 5 and 6).</summary>
/// <param name="Renewals">Which blocks are renewed when.</param>
/// <param name="RenewedUntil">When the round before was: its renewals are done.</param>
public sealed record RoundRequest(RenewalSchedule Renewals, DateTimeOffset RenewedUntil)
{
    /// <summary>Over how long its visits are spread.</summary>
    public TimeSpan Spread { get; init; }

    /// <summary>Whether all that is lost is put back at once, whatever the threshold and the damping.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Whether what is unreachable counts as lost.</summary>
    public bool WithoutGrace { get; init; }
}

/// <summary>What a round found and did.</summary>
public sealed record RoundReport
{
    /// <summary>When it began.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>The object as it was found.</summary>
    public required ObjectHealth Found { get; init; }

    /// <summary>The object as it was left.</summary>
    public required ObjectHealth Left { get; init; }

    /// <summary>Why it repaired, or did not.</summary>
    public required RepairVerdict Verdict { get; init; }

    /// <summary>Stripes that were to be repaired.</summary>
    public required int StripesRepaired { get; init; }

    /// <summary>Shares and copies that were put back.</summary>
    public required long Stored { get; init; }

    /// <summary>Stripes and blocks that could not be repaired whole.</summary>
    public required long RepairsFailed { get; init; }

    /// <summary>Leases that were renewed.</summary>
    public required long Renewed { get; init; }

    /// <summary>Renewals that were due and did not come about.</summary>
    public required long RenewalsFailed { get; init; }
}

/// <summary>Something that cannot be kept; the message names no key.</summary>
public sealed class KeepingException(string message) : Exception(message);

using Veil.Wire;

namespace Veil.Storage.State;

/// <summary>Something that this node keeps alive (spec/keeping.md). Times are kept to the millisecond.</summary>
/// <param name="LocalId">Names it on this machine only. Not empty.</param>
/// <param name="Name">Name of the content, where it is known; else empty.</param>
/// <param name="Bytes">Length of the content, where it is known.</param>
/// <param name="RepairKeyText">What it is kept by. Stored here and nowhere else.</param>
/// <param name="Salt">Makes the order of its renewals.</param>
/// <param name="KeptSince">When keeping began.</param>
public sealed record KeepEntry(
    string LocalId,
    string Name,
    long? Bytes,
    string RepairKeyText,
    Bytes32 Salt,
    DateTimeOffset KeptSince)
{
    /// <summary>Up to when renewals are done.</summary>
    public DateTimeOffset RenewedUntil { get; init; }

    /// <summary>When the next round is due.</summary>
    public DateTimeOffset NextRoundAt { get; init; }

    /// <summary>When the last round began, or null.</summary>
    public DateTimeOffset? LastRoundAt { get; init; }

    /// <summary>Why the last round could not be made, a word for programs; null when it was.</summary>
    public string? LastFault { get; init; }

    /// <summary>How the last round that was made left it, or null.</summary>
    public KeepHealthEntry? Health { get; init; }

    /// <summary>The local id and nothing else, so that no log shows a key or a name.</summary>
    public override string ToString() => LocalId;
}

/// <summary>How something that is kept was at its last round.</summary>
/// <param name="Stripes">Number of stripes.</param>
/// <param name="SharesNeeded">Shares of all of them.</param>
/// <param name="SharesPlaced">Those that a store has.</param>
/// <param name="WorstStripe">Shares of the stripe that is nearest to its end.</param>
/// <param name="Healthy">Whether nothing is at its threshold.</param>
public sealed record KeepHealthEntry(
    long Stripes, long SharesNeeded, long SharesPlaced, int WorstStripe, bool Healthy);

/// <summary>A store that has not answered this node since some time; kept to the millisecond.</summary>
/// <param name="Relay">Its identity.</param>
/// <param name="Since">Since when.</param>
public sealed record SilentStoreEntry(RelayId Relay, DateTimeOffset Since);

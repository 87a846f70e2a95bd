using System.Collections.Frozen;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Paths;

/// <summary>What a path is wanted for.</summary>
/// <param name="Purpose">What the trunk is for.</param>
/// <param name="Now">The present time; guards that failed rest for a while.</param>
public sealed record PathRequest(TrunkPurpose Purpose, DateTimeOffset Now)
{
    /// <summary>
    /// Relays that must not stand on the path: the final store, relays that just failed. A store that is the
    /// client's guard is thereby reached through the other guard.
    /// </summary>
    public IReadOnlySet<RelayId> Excluded { get; init; } = FrozenSet<RelayId>.Empty;
}

/// <summary>Why no path could be made.</summary>
public enum PathFailure
{
    /// <summary>One was made.</summary>
    None = 0,

    /// <summary>The consensus is not live.</summary>
    NoLiveConsensus,

    /// <summary>Fewer than three relays are listed.</summary>
    TooFewRelays,

    /// <summary>No guard is listed, rested and allowed.</summary>
    NoGuard,

    /// <summary>No second hop is left beside this guard.</summary>
    NoSecondHop,

    /// <summary>No third hop is left beside the first two.</summary>
    NoThirdHop,
}

/// <summary>A path or the reason why there is none; exactly one of the two.</summary>
public sealed record PathResult(CircuitPath? Path, PathFailure Failure)
{
    /// <summary>The reason in words, for logs and <c>veil status</c>; names no relay.</summary>
    public string Explain() => Failure switch
    {
        PathFailure.None => "a path was made",
        PathFailure.NoLiveConsensus => "no live consensus: is the clock right, and can an authority be reached?",
        PathFailure.TooFewRelays => "the network lists fewer than three relays",
        PathFailure.NoGuard => "no guard can be used: all are excluded, not listed, or rest after failures",
        PathFailure.NoSecondHop => "no relay is left for the second hop (same relay, family or subnet as the guard)",
        PathFailure.NoThirdHop => "no relay is left for the third hop (same relay, family or subnet as another hop)",
        _ => throw new InvalidOperationException($"unknown failure {Failure}"),
    };

    internal static PathResult Of(PathFailure failure) => new(null, failure);
}

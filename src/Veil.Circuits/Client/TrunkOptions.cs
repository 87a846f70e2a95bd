namespace Veil.Circuits.Client;

/// <summary>How a client uses its trunks (spec/circuit.md, section 6; spec/limits.md).</summary>
public sealed record TrunkOptions
{
    /// <summary>Age after which a trunk gets no new branches: bounds what one third hop sees of a group.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Different ends that one trunk is used for.</summary>
    public int MaxEnds { get; init; } = 12;

    /// <summary>Trunks over which a group spreads its branches.</summary>
    public int Spread { get; init; } = 3;

    /// <summary>Groups that have trunks at once; beyond it the one idle longest gives up its own.</summary>
    public int MaxGroups { get; init; } = 64;

    /// <summary>Trunks of each purpose but publishing that are built before a group asks, as many as it spreads over;
    /// at most half as old as a trunk may be.</summary>
    public int Spares { get; init; } = 3;

    /// <summary>How long after their last use they are kept ready.</summary>
    public TimeSpan SparesAfterUse { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the first branches of what publishes wait until all of these trunks stand.</summary>
    public TimeSpan PrepareLimit { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Silence, while an answer is awaited, after which a trunk is asked for a sign of life.</summary>
    public TimeSpan ProbeAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Silence after which it is closed: one of its hops is gone or stands still.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a group's new trunks go around relays that did not answer, where there are others.</summary>
    public TimeSpan Avoidance { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Attempts at a branch, each avoiding the hops that failed.</summary>
    public int Attempts { get; init; } = 4;
}

namespace Veil.Node.Directory;

/// <summary>What a node knows of its network.</summary>
public enum NetworkState
{
    /// <summary>No consensus yet.</summary>
    NoConsensus,

    /// <summary>The consensus can be used.</summary>
    Live,

    /// <summary>The newest consensus cannot be used now: it is over, or not yet valid by this machine's
    /// clock.</summary>
    Expired,
}

/// <summary>Something that is wrong, for people and for programs.</summary>
/// <param name="Code">Stable, in snake_case (spec/directory.md, section 11).</param>
/// <param name="Message">What is wrong, one sentence. No addresses.</param>
/// <param name="Hint">What to do about it.</param>
public sealed record HealthProblem(string Code, string Message, string Hint);

/// <summary>A node's view of its network at one moment (spec/directory.md, section 11). Never changes.</summary>
public sealed record NetworkHealthReport
{
    /// <summary>What the node knows.</summary>
    public required NetworkState State { get; init; }

    /// <summary>The epoch of the newest consensus, or 0.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>Relays that it lists.</summary>
    public required int Relays { get; init; }

    /// <summary>How far this machine's clock is ahead (negative: behind); null while too few nodes answered.</summary>
    public required TimeSpan? ClockOffset { get; init; }

    /// <summary>Since when no attempt to ask anybody succeeded, as time passed since the last answer; null if the last
    /// attempt succeeded or none was made.</summary>
    public required TimeSpan? Unanswered { get; init; }

    /// <summary>What is wrong, the causes first; empty if nothing is.</summary>
    public required IReadOnlyList<HealthProblem> Problems { get; init; }
}

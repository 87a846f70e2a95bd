using Veil.Wire;

namespace Veil.Directory.Paths;

/// <summary>One guard as it is persisted (spec/directory.md, section 6): plain values, times in UTC.</summary>
public sealed record GuardRecord
{
    /// <summary>The guard.</summary>
    public required RelayId Relay { get; init; }

    /// <summary>When it was chosen.</summary>
    public required DateTimeOffset ChosenAt { get; init; }

    /// <summary>When its life ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Since when no consensus lists it as a guard, or null while one does.</summary>
    public DateTimeOffset? UnlistedSince { get; init; }

    /// <summary>Since when each try failed, or null after a success.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Tries that failed in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Not to be tried before, or null.</summary>
    public DateTimeOffset? RestsUntil { get; init; }
}

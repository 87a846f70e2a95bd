using Veil.Content.Stripes;

namespace Veil.Content.Keeping;

/// <summary>How content is kept (spec/keeping.md, section 7).</summary>
public sealed record KeepingOptions
{
    /// <summary>Between two rounds of one object, on average.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long a store may be silent or away until what it holds counts as lost.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(36);

    /// <summary>Part of an object's stripes that one round repairs at most, above 0, at most 1.</summary>
    public double Damping { get; init; } = 0.25;

    /// <summary>Each block is renewed once in so long: half of a lease.</summary>
    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Stores that one share is looked for at: as many as a reader does.</summary>
    public int StoresPerShare { get; init; } = Placement.StoresLookedAt;

    /// <summary>Requests on their way at a time, in one round.</summary>
    public int MaxRequestsInFlight { get; init; } = 96;

    /// <summary>Stripes, or copied blocks, that are looked at at a time; 1.5 MiB each.</summary>
    public int MaxVisits { get; init; } = 4;

    /// <summary>Stripes, and copied blocks, that are remembered by the share because they are not full.</summary>
    public int MaxIncomplete { get; init; } = 65_536;
}

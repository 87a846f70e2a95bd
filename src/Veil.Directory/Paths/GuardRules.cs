namespace Veil.Directory.Paths;

/// <summary>
/// How long guards are kept and when others step in (spec/directory.md, section 6). Few and long-lived guards keep
/// an attacker's relays from meeting the user's address by mere patience.
/// </summary>
public sealed record GuardRules
{
    /// <summary>Guards in use at one time.</summary>
    public const int Primary = 2;

    /// <summary>Guards sampled at one time: whoever blocks relays cannot make a client try more than these.</summary>
    public const int MaxSampled = 6;

    /// <summary>For networks of the Internet.</summary>
    public static GuardRules Default { get; } = new()
    {
        LifetimeMin = TimeSpan.FromDays(60),
        LifetimeMax = TimeSpan.FromDays(120),
        DropUnlisted = TimeSpan.FromDays(20),
        StandInAfter = TimeSpan.FromHours(1),
        StandInBlindly = TimeSpan.FromDays(1),
        RetryFirst = TimeSpan.FromSeconds(30),
        RetryMax = TimeSpan.FromHours(1),
        RetryBlindly = TimeSpan.FromMinutes(1),
    };

    /// <summary>For lab networks, whose epochs last seconds and whose relays are killed on purpose.</summary>
    public static GuardRules Lab { get; } = new()
    {
        LifetimeMin = TimeSpan.FromDays(60),
        LifetimeMax = TimeSpan.FromDays(120),
        DropUnlisted = TimeSpan.FromHours(1),
        StandInAfter = TimeSpan.FromSeconds(5),
        StandInBlindly = TimeSpan.FromSeconds(30),
        RetryFirst = TimeSpan.FromSeconds(1),
        RetryMax = TimeSpan.FromSeconds(15),
        RetryBlindly = TimeSpan.FromSeconds(5),
    };

    /// <summary>Shortest life of a guard; each gets a uniformly random one.</summary>
    public required TimeSpan LifetimeMin { get; init; }

    /// <summary>Longest life of a guard.</summary>
    public required TimeSpan LifetimeMax { get; init; }

    /// <summary>A guard unlisted for this long is forgotten.</summary>
    public required TimeSpan DropUnlisted { get; init; }

    /// <summary>
    /// A guard unlisted, or failing while another one does not, for this long gets a stand-in; it comes back as soon as
    /// it works again.
    /// </summary>
    public required TimeSpan StandInAfter { get; init; }

    /// <summary>
    /// A guard failing for this long gets a stand-in though all fail: until then the fault is taken to be the
    /// client's own connection.
    /// </summary>
    public required TimeSpan StandInBlindly { get; init; }

    /// <summary>Rest after a first failure; doubles with each further one.</summary>
    public required TimeSpan RetryFirst { get; init; }

    /// <summary>Longest rest.</summary>
    public required TimeSpan RetryMax { get; init; }

    /// <summary>Longest rest while all fail: that the own connection is back is to be noticed soon.</summary>
    public required TimeSpan RetryBlindly { get; init; }
}

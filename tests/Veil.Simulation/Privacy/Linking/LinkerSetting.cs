using Veil.Simulation.Privacy.Watching;

namespace Veil.Simulation.Privacy.Linking;

/// <summary>What is published, by whom and when (spec/privacy.md, section 4).</summary>
public sealed record LinkerSetting
{
    /// <summary>Pairs in all, half of them by one user.</summary>
    public int Pairs { get; init; } = 1000;

    /// <summary>Networks that they are spread over, each with users, guards and latencies of its own.</summary>
    public int Networks { get; init; } = 10;

    /// <summary>Users of one network.</summary>
    public int Users { get; init; } = 16;

    /// <summary>Relays and stores of one network.</summary>
    public WatchedShape Shape { get; init; } = new(60, 30);

    /// <summary>The least time from one publication of a pair to the other.</summary>
    public TimeSpan GapFrom { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest; in between the logarithm of the gap is uniform, for pairs of both kinds.</summary>
    public TimeSpan GapTo { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>From one pair to the next.</summary>
    public TimeSpan Spacing { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The shortest file.</summary>
    public int BytesFrom { get; init; } = 4 * 1024;

    /// <summary>The longest; in between the logarithm of the length is uniform.</summary>
    public int BytesTo { get; init; } = 1024 * 1024;

    /// <summary>What users can send, bytes per second, in turn; empty: 12,500,000 each.</summary>
    public IReadOnlyList<long> Uplinks { get; init; } = [];

    /// <summary>The two publications of a pair begin within two seconds: what a linker likes best.</summary>
    public LinkerSetting Close() => this with
    {
        GapFrom = TimeSpan.FromMilliseconds(1),
        GapTo = TimeSpan.FromSeconds(2),
    };

    /// <summary>Users with uplinks of 8, 24 and 100 Mbit/s.</summary>
    public LinkerSetting Unlike() => this with { Uplinks = [1_000_000, 3_000_000, 12_500_000] };
}

using Veil.Wire.Store;

namespace Veil.Storage.Upkeep;

/// <summary>How a store is looked after, and how little of the disk that may take (spec/store.md, sections 10 and
/// 11).</summary>
public sealed record StoreUpkeepOptions
{
    /// <summary>Between two sweeps; leases end at full hours.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bytes per second that compaction copies at most.</summary>
    public long CompactionRate { get; init; } = 8L << 20;

    /// <summary>The part of the time that compaction takes at most, above 0 to 1.</summary>
    public double ShareOfTime { get; init; } = 0.1;

    /// <summary>In which every block is read once.</summary>
    public TimeSpan ScrubPeriod { get; init; } = TimeSpan.FromDays(28);

    /// <summary>Bytes per second that a scrub reads at most.</summary>
    public long ScrubRate { get; init; } = 4L << 20;

    /// <summary>Between two notes of how far a scrub came.</summary>
    public TimeSpan RememberEvery { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>After a fault of the disk.</summary>
    public TimeSpan FaultPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Blocks that a step of a scrub reads: 1 MiB.</summary>
    public const int ScrubStepBlocks = 32;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SweepEvery, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(CompactionRate, StoreLayout.BlockBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ShareOfTime);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ShareOfTime, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ScrubPeriod, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(ScrubRate, StoreLayout.BlockBytes);
    }
}

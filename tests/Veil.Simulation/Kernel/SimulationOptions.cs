namespace Veil.Simulation.Kernel;

/// <summary>What a run starts from. Two runs with equal options and equal code have equal traces.</summary>
public sealed record SimulationOptions
{
    /// <summary>The number from which every choice and every secret of the run follows.</summary>
    public ulong Seed { get; init; }

    /// <summary>The calendar time of the start, UTC. Far from today, so that a stray wall clock shows.</summary>
    public DateTimeOffset Start { get; init; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Steps a run may take in all: a run that never ends is found within minutes.</summary>
    public long StepLimit { get; init; } = 500_000_000;

    /// <summary>Steps at one moment of virtual time: code that spins without waiting is found within seconds.</summary>
    public long StepLimitPerInstant { get; init; } = 5_000_000;

    /// <summary>Events that may wait at once: a leak of timers ends the run before it ends the machine.</summary>
    public int PendingLimit { get; init; } = 4_000_000;

    /// <summary>
    /// Real time that a stalled run waits for a thread that has left the loop to give itself away, so that the
    /// message names the escape and not the silence that it leaves. Paid by failing runs only.
    /// </summary>
    public TimeSpan EscapeGrace { get; init; } = TimeSpan.FromSeconds(2);
}

namespace Veil.Simulation.Kernel;

/// <summary>Why a run ended that should not have.</summary>
public enum SimulationFailure
{
    /// <summary>Nothing is left to happen, yet the awaited task is not done.</summary>
    Stalled,

    /// <summary>More steps than the limit, in all or at one moment of virtual time.</summary>
    StepLimit,

    /// <summary>More events waiting at once than the limit.</summary>
    PendingLimit,

    /// <summary>Code left the loop's thread.</summary>
    Escaped,

    /// <summary>A task that a host was given to run failed.</summary>
    TaskFailed,
}

/// <summary>A run that ended badly. The message holds the seed, which is enough to see it again.</summary>
public sealed class SimulationException : Exception
{
    internal SimulationException(SimulationFailure failure, ulong seed, string message, Exception? inner = null)
        : base($"{message} (seed {seed})", inner)
    {
        Failure = failure;
        Seed = seed;
    }

    /// <summary>What kind of end it was.</summary>
    public SimulationFailure Failure { get; }

    /// <summary>The seed of the run.</summary>
    public ulong Seed { get; }
}

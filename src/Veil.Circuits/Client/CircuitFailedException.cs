using Veil.Directory.Paths;
using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>A circuit or branch could not be built, or is closed.</summary>
public sealed class CircuitFailedException : Exception
{
    /// <summary>Building it or using it failed.</summary>
    /// <param name="reason">Why, as far as the client knows.</param>
    /// <param name="relay">The hop that could not be reached, when it is known.</param>
    public CircuitFailedException(CloseReason reason, RelayId? relay = null)
        : base($"no circuit: {reason}")
    {
        Reason = reason;
        Relay = relay;
    }

    /// <summary>There is no path.</summary>
    public CircuitFailedException(PathFailure failure)
        : base($"no circuit: {new PathResult(null, failure).Explain()}")
    {
        Reason = CloseReason.UnknownRelay;
        PathFailure = failure;
    }

    /// <summary>Why, as far as the client knows.</summary>
    public CloseReason Reason { get; }

    /// <summary>Why there is no path, when that is the reason.</summary>
    public PathFailure PathFailure { get; }

    /// <summary>The hop that could not be reached, when it is known.</summary>
    public RelayId? Relay { get; }
}

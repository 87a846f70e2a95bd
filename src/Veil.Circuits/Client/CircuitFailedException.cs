using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>A circuit or branch could not be built, or is closed.</summary>
public sealed class CircuitFailedException(CloseReason reason, RelayId? relay = null)
    : Exception($"no circuit: {reason}")
{
    /// <summary>Why, as far as the client knows.</summary>
    public CloseReason Reason { get; } = reason;

    /// <summary>The hop that could not be reached, when it is known.</summary>
    public RelayId? Relay { get; } = relay;
}

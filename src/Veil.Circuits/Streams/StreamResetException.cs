using Veil.Wire;

namespace Veil.Circuits.Streams;

/// <summary>A stream was reset, or the circuit below it closed.</summary>
public sealed class StreamResetException(CloseReason reason) : IOException($"stream ended: {reason}")
{
    /// <summary>Why, as far as this side knows.</summary>
    public CloseReason Reason { get; } = reason;
}

using System.Net;
using Veil.Wire;

namespace Veil.Circuits;

/// <summary>How a circuit on a link came to be.</summary>
public enum CircuitStep
{
    /// <summary>This node makes it for itself: it is the client.</summary>
    Made,

    /// <summary>This node accepted the CREATE of the other end.</summary>
    Accepted,

    /// <summary>This node, a relay, extends a circuit that it accepted.</summary>
    Extended,
}

/// <summary>A circuit that begins on one link, for recordings of lab networks.</summary>
/// <param name="Step">How it came to be.</param>
/// <param name="Circuit">Its number on its link.</param>
/// <param name="Link">The other end of its link.</param>
public readonly record struct CircuitSighting(CircuitStep Step, CircuitId Circuit, EndPoint? Link)
{
    /// <summary>Of an extended circuit: number and link of the accepted one that it goes on from; else null.</summary>
    public (CircuitId Circuit, EndPoint? Link)? From { get; init; }
}

/// <summary>Takes a circuit that begins.</summary>
/// <param name="seen">Where and how.</param>
/// <param name="ephemeral">The first 16 bytes of the hop handshake's ephemeral public key; valid during the
/// call.</param>
public delegate void CircuitSeen(CircuitSighting seen, ReadOnlySpan<byte> ephemeral);

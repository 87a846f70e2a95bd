using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Legs;

/// <summary>What a leg belongs to: a circuit at a relay, or a client's circuit.</summary>
internal abstract class LegOwner
{
    /// <summary>Takes a cell. On the reading task of the leg's link; the cell may be altered in place.</summary>
    /// <returns><see cref="CloseReason.None"/>, or why the leg must close.</returns>
    internal abstract CloseReason OnCell(Leg leg, Lane lane, Span<byte> cell);

    /// <summary>Takes the answer to CREATE. On the reading task.</summary>
    /// <returns><see cref="CloseReason.None"/>, or why the leg must close.</returns>
    internal abstract CloseReason OnCreated(Leg leg, ReadOnlySpan<byte> message);

    /// <summary>Writes the body of the next cell, 2,040 bytes. On the writing task of the leg's link.</summary>
    /// <returns>False when the lane has nothing to send.</returns>
    internal abstract bool TryFill(Leg leg, Lane lane, Span<byte> cell);

    /// <summary>The leg is closed. Once, on any thread.</summary>
    internal abstract void OnClosed(Leg leg, CloseReason reason);
}

using Veil.Circuits.Legs;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Client;

/// <summary>The client's circuit as the owner of its leg to the guard.</summary>
internal sealed class ClientLeg(ClientCircuit circuit) : LegOwner
{
    internal override CloseReason OnCell(Leg leg, Lane lane, Span<byte> cell)
    {
        leg.Consumed(lane);
        return circuit.OnCell(lane, cell);
    }

    internal override CloseReason OnCreated(Leg leg, ReadOnlySpan<byte> message) => circuit.OnCreated(message);

    internal override bool TryFill(Leg leg, Lane lane, Span<byte> cell) => circuit.TryFill(lane, cell);

    internal override void OnClosed(Leg leg, CloseReason reason) => circuit.Close(reason);
}

using Veil.Circuits.Cells;
using Veil.Circuits.Legs;
using Veil.Circuits.Onion;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Relaying;

/// <summary>
/// One branch at a relay (spec/circuit.md, section 3): the leg to the next hop and the cells that wait in both
/// directions. Its circuit's credits bound the queues.
/// </summary>
/// <param name="circuit">Whose branch.</param>
/// <param name="number">As the client calls it.</param>
/// <param name="account">Of a branching hop; null where the one branch is the trunk itself.</param>
internal sealed class Branch(RelayCircuit circuit, BranchId number, BranchAccount? account) : LegOwner
{
    private CellQueue _forwardData;
    private CellQueue _forwardControl;
    private CellQueue _backwardData;
    private CellQueue _backwardControl;
    private Leg? _leg;
    private int _closed;
    private int _open;

    // Until the next hop answers.
    private BranchOpening? _opening = new();

    internal BranchId Number => number;

    /// <summary>The leg to the next hop, once there is one.</summary>
    internal Leg? Leg => Volatile.Read(ref _leg);

    /// <summary>Whether the next hop answered CREATE. Set by the leg's reading task.</summary>
    internal bool IsOpen => Volatile.Read(ref _open) != 0;

    /// <summary>What its opening waits for; null once it is open.</summary>
    internal BranchOpening? Opening => Volatile.Read(ref _opening);

    internal bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>Whether it was this call that closed it. Any thread.</summary>
    internal bool TryClose()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return false;
        }

        Opening?.End();
        return true;
    }

    /// <summary>Takes in a cell for the next hop. Reading task of the circuit's leg.</summary>
    internal void Add(Lane lane, CellBuffer buffer, Leg trunk)
    {
        account?.Charge(lane, trunk);
        Forward(lane).Add(buffer);
        if (IsClosed)
        {
            Settle(trunk);
        }
    }

    /// <summary>A cell left for the next hop; true when a grant to the client is due. Writing task of the branch's
    /// leg.</summary>
    internal bool Leave(Lane lane, Leg trunk)
    {
        if (account is not null)
        {
            return account.Leave(lane, trunk);
        }

        trunk.Consumed(lane);
        return false;
    }

    /// <summary>Once closed: gives back what the cells that stay behind were charged with. Any thread,
    /// idempotent.</summary>
    internal void Settle(Leg trunk) => account?.Settle(trunk);

    /// <summary>Gives the branch its leg, or closes the leg when the branch ended meanwhile.</summary>
    internal void Attach(Leg leg)
    {
        Volatile.Write(ref _leg, leg);
        if (IsClosed)
        {
            leg.Close(CloseReason.Done);
        }
    }

    /// <inheritdoc/>
    internal override CloseReason OnCell(Leg leg, Lane lane, Span<byte> cell) =>
        IsOpen ? circuit.OnBackward(this, lane, cell) : CloseReason.Unexpected;

    /// <inheritdoc/>
    internal override CloseReason OnCreated(Leg leg, ReadOnlySpan<byte> message)
    {
        if (IsOpen || message.Length != HopHandshake.SecondBytes)
        {
            return CloseReason.Unexpected;
        }

        // The answer may be here before the one who asked has seen the leg.
        Volatile.Write(ref _leg, leg);
        Volatile.Write(ref _open, 1);
        Interlocked.Exchange(ref _opening, null)?.Answer();
        circuit.OnExtended(this, message);
        return CloseReason.None;
    }

    /// <inheritdoc/>
    internal override bool TryFill(Leg leg, Lane lane, Span<byte> cell) => circuit.TryFillOuter(this, lane, cell);

    /// <inheritdoc/>
    internal override void OnClosed(Leg leg, CloseReason reason) =>
        circuit.EndBranch(this, IsOpen ? MessageType.BranchClosed : MessageType.ExtendFailed);

    /// <summary>Cells towards the next hop.</summary>
    internal ref CellQueue Forward(Lane lane) => ref lane == Lane.Data ? ref _forwardData : ref _forwardControl;

    /// <summary>Cells towards the client.</summary>
    internal ref CellQueue Backward(Lane lane) => ref lane == Lane.Data ? ref _backwardData : ref _backwardControl;

    /// <summary>Whether the client may send this cell. Reading task of the circuit's leg.</summary>
    internal bool TryAccept(Lane lane) => account?.TryAccept(lane, _forwardControl.Count) != false;

    /// <summary>What can be granted now, a quantum at least; 0 when less. Writing task of the circuit's leg.</summary>
    internal ushort TakeGrant() => IsClosed || account is null ? (ushort)0 : account.TakeGrant();
}

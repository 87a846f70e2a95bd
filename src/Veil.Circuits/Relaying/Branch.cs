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
internal sealed class Branch(RelayCircuit circuit, BranchId number, CircuitOptions options, CellPool pool) : LegOwner
{
    private readonly BranchWindow _window = new(options, pool);
    private CellQueue _forwardData;
    private CellQueue _forwardControl;
    private CellQueue _backwardData;
    private CellQueue _backwardControl;
    private Leg? _leg;
    private int _closed;
    private int _open;
    private int _charge;
    private int _deferredData;
    private int _deferredControl;

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

    /// <summary>
    /// At a branching hop: takes in a cell for the next hop. While the budget has room the branch is charged for it, so
    /// that a slow store stops its branch only; else the cell stays charged to the trunk until it leaves. Reading task
    /// of the circuit's leg.
    /// </summary>
    internal void Add(Lane lane, CellBuffer buffer, Leg trunk)
    {
        if (pool.TryReserve(1))
        {
            Interlocked.Increment(ref _charge);
            trunk.Consumed(lane);
        }
        else
        {
            Interlocked.Increment(ref Deferred(lane));
        }

        Forward(lane).Add(buffer);
        if (IsClosed)
        {
            Settle(trunk);
        }
    }

    /// <summary>At a branching hop: a cell left for the next hop. Writing task of the branch's leg.</summary>
    internal void Leave(Lane lane, Leg trunk)
    {
        if (TryLower(ref Deferred(lane)))
        {
            trunk.Consumed(lane);
        }
        else if (TryLower(ref _charge))
        {
            pool.Release(1);
        }
    }

    /// <summary>At a branching hop, once closed: gives back what the cells that stay behind were charged with. Any
    /// thread, idempotent.</summary>
    internal void Settle(Leg trunk)
    {
        pool.Release(Interlocked.Exchange(ref _charge, 0));
        foreach (var lane in (ReadOnlySpan<Lane>)[Lane.Data, Lane.Control])
        {
            for (int left = Interlocked.Exchange(ref Deferred(lane), 0); left > 0; left--)
            {
                trunk.Consumed(lane);
            }
        }
    }

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

    /// <summary>At a branching hop: whether the client may send this cell. Reading task of the circuit's leg.</summary>
    internal bool TryAccept(Lane lane) => lane == Lane.Data
        ? _window.TryAccept()
        : _forwardControl.Count < options.BranchControlQueue;

    /// <summary>At a branching hop: a data cell left for the next hop; true when a grant is due. Any thread.</summary>
    internal bool CountLeft() => _window.CountLeft();

    /// <summary>What can be granted now, a quantum at least; 0 when less. Writing task of the circuit's leg.</summary>
    internal ushort TakeGrant() => IsClosed ? (ushort)0 : _window.TakeGrant();

    // Cells of the lane that stay charged to the trunk until they leave.
    private ref int Deferred(Lane lane) => ref lane == Lane.Data ? ref _deferredData : ref _deferredControl;

    // Several tasks may settle at once; whoever finds nothing left is late.
    private static bool TryLower(ref int count)
    {
        while (Volatile.Read(ref count) is > 0 and var seen)
        {
            if (Interlocked.CompareExchange(ref count, seen - 1, seen) == seen)
            {
                return true;
            }
        }

        return false;
    }
}

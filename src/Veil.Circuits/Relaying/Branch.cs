using System.Diagnostics.CodeAnalysis;
using Veil.Circuits.Cells;
using Veil.Circuits.Legs;
using Veil.Circuits.Onion;
using Veil.Links.Tasks;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Relaying;

/// <summary>
/// One branch at a relay (spec/circuit.md, section 3): the leg to the next hop and the cells that wait in both
/// directions. Its circuit's credits bound the queues.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without timer or wait handle holds nothing to free.")]
internal sealed class Branch(RelayCircuit circuit, BranchId number, CircuitOptions options, CellPool pool) : LegOwner
{
    private readonly int _grantQuantum = Math.Clamp(options.BranchWindow / 4, 1, 8);
    private readonly Promise<bool> _answered = new();
    private readonly CancellationTokenSource _ended = new();

    private readonly CellQueue[] _forward = [new(), new()];
    private readonly CellQueue[] _backward = [new(), new()];
    private Leg? _leg;
    private int _closed;
    private int _open;
    private int _charge;
    private readonly int[] _deferred = new int[2];

    // Reading task of the circuit's leg.
    private long _accepted;

    // Any thread.
    private long _granted = options.BranchWindow;
    private long _left;

    internal BranchId Number => number;

    /// <summary>The leg to the next hop, once there is one.</summary>
    internal Leg? Leg => Volatile.Read(ref _leg);

    /// <summary>Whether the next hop answered CREATE. Set by the leg's reading task.</summary>
    internal bool IsOpen => Volatile.Read(ref _open) != 0;

    /// <summary>Cancelled when the branch ends. Its source has no timer, so that nobody need dispose it.</summary>
    internal CancellationToken Ended => _ended.Token;

    /// <summary>Completes when the next hop answers.</summary>
    internal Task AnsweredAsync(CancellationToken cancellationToken) => _answered.WaitAsync(cancellationToken);

    internal bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>Whether it was this call that closed it. Any thread.</summary>
    internal bool TryClose()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return false;
        }

        _ended.Cancel();
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
            Interlocked.Increment(ref _deferred[(int)lane]);
        }

        _forward[(int)lane].Add(buffer);
        if (IsClosed)
        {
            Settle(trunk);
        }
    }

    /// <summary>At a branching hop: a cell left for the next hop. Writing task of the branch's leg.</summary>
    internal void Leave(Lane lane, Leg trunk)
    {
        if (TryLower(ref _deferred[(int)lane]))
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
            for (int left = Interlocked.Exchange(ref _deferred[(int)lane], 0); left > 0; left--)
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
        _answered.TryKeep(true);
        circuit.OnExtended(this, message);
        return CloseReason.None;
    }

    /// <inheritdoc/>
    internal override bool TryFill(Leg leg, Lane lane, Span<byte> cell) => circuit.TryFillOuter(this, lane, cell);

    /// <inheritdoc/>
    internal override void OnClosed(Leg leg, CloseReason reason) =>
        circuit.EndBranch(this, IsOpen ? MessageType.BranchClosed : MessageType.ExtendFailed);

    /// <summary>Cells towards the next hop.</summary>
    internal CellQueue Forward(Lane lane) => _forward[(int)lane];

    /// <summary>Cells towards the client.</summary>
    internal CellQueue Backward(Lane lane) => _backward[(int)lane];

    /// <summary>At a branching hop: whether the client may send this cell. Reading task of the circuit's leg.</summary>
    internal bool TryAccept(Lane lane) => lane == Lane.Data
        ? ++_accepted <= Interlocked.Read(ref _granted)
        : _forward[(int)Lane.Control].Count < options.BranchControlQueue;

    /// <summary>At a branching hop: a data cell left for the next hop; true when a grant is due. Any thread.</summary>
    internal bool CountLeft() =>
        Interlocked.Increment(ref _left) + options.BranchWindow - Interlocked.Read(ref _granted) >= _grantQuantum;

    /// <summary>What can be granted now, a quantum at least; 0 when less. Writing task of the circuit's leg.</summary>
    internal ushort TakeGrant()
    {
        long due = Interlocked.Read(ref _left) + options.BranchWindow - Interlocked.Read(ref _granted);
        if (due < _grantQuantum || IsClosed)
        {
            return 0;
        }

        Interlocked.Add(ref _granted, due);
        return (ushort)Math.Min(due, ushort.MaxValue);
    }

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

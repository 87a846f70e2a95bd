using Veil.Circuits.Cells;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Legs;

/// <summary>
/// One circuit on one link: its id, its credits in both directions (spec/circuit.md, section 4), and its place in the
/// link's queues.
/// </summary>
internal sealed class Leg : IReady<Leg>
{
    private readonly CircuitOptions _options;
    private readonly CellPool _pool;
    private int _flag;

    // Reading task of the link.
    private long _receivedData;
    private long _receivedControl;

    // Writing task of the link.
    private long _mayData;
    private long _mayControl;

    // Any thread.
    private int _window;
    private long _grantedData;
    private long _grantedControl;
    private long _consumedData;
    private long _consumedControl;
    private int _creditData;
    private int _creditControl;
    private int _closeReason;
    private int _destroyDue;
    private int _lingers;
    private CellBuffer? _command;

    private Leg(LinkCircuits link, CircuitId id, LegOwner owner)
    {
        Link = link;
        Id = id;
        Owner = owner;
        _options = link.Context.Options;
        _pool = link.Context.Pool;
        _window = _options.InitialWindow;
        _mayData = _grantedData = _window;
        _mayControl = _grantedControl = _options.ControlWindow;
    }

    /// <summary>The link's circuits.</summary>
    internal LinkCircuits Link { get; }

    /// <summary>Number on the link.</summary>
    internal CircuitId Id { get; }

    /// <summary>What the leg belongs to.</summary>
    internal LegOwner Owner { get; }

    /// <summary>Why it closed, or none.</summary>
    internal CloseReason ClosedBy => (CloseReason)Volatile.Read(ref _closeReason);

    /// <summary>1 while it is closed and the writing task has not yet let go of it. Any thread.</summary>
    internal ref int Lingers => ref _lingers;

    /// <summary>Whether it stands in one of the link's queues. Writing task.</summary>
    internal bool InQueue { get; set; }

    /// <summary>Whether a grant waits to be sent. Writing task.</summary>
    internal bool InGrants { get; set; }

    /// <summary>Cells sent since its turn began. Writing task.</summary>
    internal int CellsInTurn { get; set; }

    ref int IReady<Leg>.Flag => ref _flag;

    Leg? IReady<Leg>.NextReady { get; set; }

    /// <summary>Makes a leg, charging its first window to the budget; null when the budget is spent.</summary>
    internal static Leg? TryCreate(LinkCircuits link, CircuitId id, LegOwner owner)
    {
        var context = link.Context;
        return context.Pool.TryReserve(context.Options.InitialWindow + context.Options.ControlWindow)
            ? new Leg(link, id, owner)
            : null;
    }

    /// <summary>Counts a received cell; false when it is beyond the credit. Reading task.</summary>
    internal bool TryReceive(Lane lane) => lane == Lane.Data
        ? ++_receivedData <= Interlocked.Read(ref _grantedData)
        : ++_receivedControl <= Interlocked.Read(ref _grantedControl);

    /// <summary>A received cell has left this node or was used up: there is room for another. Any thread.</summary>
    internal void Consumed(Lane lane)
    {
        if (lane == Lane.Data)
        {
            // The grant is read before the window, which grows before it: read the other way round, a due grant could
            // be missed.
            long left = Interlocked.Increment(ref _consumedData) - Interlocked.Read(ref _grantedData);
            int window = Volatile.Read(ref _window);
            if (left + window >= Quantum(window))
            {
                MarkReady();
            }
        }
        else if (Interlocked.Increment(ref _consumedControl) + _options.ControlWindow
            - Interlocked.Read(ref _grantedControl) >= _options.ControlWindow / 4)
        {
            MarkReady();
        }
    }

    /// <summary>The peer grants more; false when the sum is more than anybody may have. Reading task.</summary>
    internal bool TryAddCredit(CreditGrant grant)
    {
        bool sane = Interlocked.Add(ref _creditData, grant.DataCells) <= ushort.MaxValue
            && Interlocked.Add(ref _creditControl, grant.ControlCells) <= ushort.MaxValue;
        MarkReady();
        return sane;
    }

    /// <summary>There may be something to send. Any thread.</summary>
    internal void MarkReady() => Link.MarkReady(this);

    /// <summary>Queues a CREATE or CREATED. At most one is ever pending.</summary>
    internal void Send(CellBuffer command)
    {
        Volatile.Write(ref _command, command);
        MarkReady();
    }

    /// <summary>Ends the leg; the first reason counts. Any thread, idempotent.</summary>
    /// <param name="reason">Counted, not sent.</param>
    /// <param name="tellPeer">Whether a DESTROY goes out.</param>
    internal void Close(CloseReason reason, bool tellPeer = true)
    {
        if (Interlocked.CompareExchange(ref _closeReason, (int)reason, 0) != 0)
        {
            return;
        }

        if (tellPeer)
        {
            Volatile.Write(ref _destroyDue, 1);
        }
        else if (Interlocked.Exchange(ref _command, null) is { } command)
        {
            _pool.Return(command);
        }

        Link.Forget(this);
        Link.Context.Counters.Count(reason);
        Owner.OnClosed(this, reason);
        Abandon();
        MarkReady();
    }

    /// <summary>Gives the window back to the budget; alone only for a leg that was never put on its link.</summary>
    internal void Abandon() => _pool.Release(Interlocked.Exchange(ref _window, 0) + _options.ControlWindow);

    /// <summary>Takes in what other tasks left. Writing task.</summary>
    internal void Collect()
    {
        _mayData += Interlocked.Exchange(ref _creditData, 0);
        _mayControl += Interlocked.Exchange(ref _creditControl, 0);
    }

    /// <summary>Takes the pending CREATE or CREATED, or makes the DESTROY. Writing task.</summary>
    internal bool TryTakeCommand(Span<byte> cell)
    {
        var command = Interlocked.Exchange(ref _command, null);
        if (command is not null)
        {
            command.Cell.CopyTo(cell);
            _pool.Return(command);
            return true;
        }

        if (Interlocked.Exchange(ref _destroyDue, 0) == 0)
        {
            return false;
        }

        cell.Clear();
        CellHeader.Write(cell, Id, CellCommand.Destroy);
        return true;
    }

    /// <summary>Takes what can be granted now, in quanta; false when less. Writing task.</summary>
    internal bool TryTakeGrant(out CreditGrant grant)
    {
        long data = Interlocked.Read(ref _consumedData) + Volatile.Read(ref _window) - Interlocked.Read(
            ref _grantedData);
        long control = Interlocked.Read(ref _consumedControl) + _options.ControlWindow - Interlocked.Read(
            ref _grantedControl);
        data = data >= Quantum(Volatile.Read(ref _window)) ? data + Grow() : 0;
        control = control >= _options.ControlWindow / 4 ? control : 0;
        data = Math.Clamp(data, 0, ushort.MaxValue);
        control = Math.Clamp(control, 0, ushort.MaxValue);
        grant = new CreditGrant(Id, (ushort)data, (ushort)control);
        if (data + control == 0 || ClosedBy != CloseReason.None)
        {
            return false;
        }

        Interlocked.Add(ref _grantedData, data);
        Interlocked.Add(ref _grantedControl, control);
        return true;
    }

    /// <summary>Writes the next cell of the lane if there is credit and content. Writing task.</summary>
    internal bool TryFill(Lane lane, Span<byte> cell)
    {
        ref long may = ref lane == Lane.Data ? ref _mayData : ref _mayControl;
        if (may == 0 || ClosedBy != CloseReason.None || !Owner.TryFill(this, lane, cell))
        {
            return false;
        }

        may--;
        CellHeader.Write(cell, Id, lane == Lane.Data ? CellCommand.Data : CellCommand.Control);
        return true;
    }

    private static int Quantum(int window) => Math.Max(window / 8, 1);

    // A circuit that uses its window gets a larger one, as long as the node's budget has room.
    private int Grow()
    {
        int window = Volatile.Read(ref _window);
        int more = Math.Min(window, _options.MaxWindow - window);
        if (more <= 0 || Interlocked.Read(ref _consumedData) < 2L * window || !_pool.TryReserve(more))
        {
            return 0;
        }

        if (Interlocked.CompareExchange(ref _window, window + more, window) != window)
        {
            _pool.Release(more);
            return 0;
        }

        return more;
    }
}

using Veil.Circuits.Cells;
using Veil.Circuits.Flow;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Legs;

/// <summary>
/// One circuit on one link: its id, its credits in both directions (spec/circuit.md, section 4), and its place in the
/// link's queues.
/// </summary>
internal sealed class Leg : IReady<Leg>
{
    // Ticks of the link, 5 s each, after which a sender gives unused room back, and after which one that does not is
    // closed (spec/circuit.md, section 4).
    private const int ReturnTicks = 2;
    private const int KeepTicks = 12;

    // Bits of what is due to be given back.
    private const int DataRoom = 1;
    private const int ControlRoom = 2;

    private readonly GrowingWindow _data;
    private readonly GrowingWindow _control;
    private int _flag;

    // Writing task of the link.
    private Recent<int> _recent;
    private long _mayData;
    private long _mayControl;

    // Ticks of the link.
    private (int Sent, int Idle) _seenData;
    private (int Sent, int Idle) _seenControl;

    // Any thread.
    private int _sentData;
    private int _sentControl;
    private int _returnDue;
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
        _data = link.Context.NewWindow(Lane.Data);
        _control = link.Context.NewWindow(Lane.Control);
        _mayData = Options.FirstWindow;
        _mayControl = Options.FirstControlWindow;
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

    /// <summary>Whether it may have got something for its control lane while a rate holds the node. Writing
    /// task.</summary>
    internal bool IsNudged { get; set; }

    /// <summary>Whether a grant waits to be sent. Writing task.</summary>
    internal bool InGrants { get; set; }

    /// <summary>Cells sent since its turn began. Writing task.</summary>
    internal int CellsInTurn { get; set; }

    /// <summary>Data cells that it sent lately. Writing task.</summary>
    internal ref Recent<int> Recent => ref _recent;

    ref int IReady<Leg>.Flag => ref _flag;

    Leg? IReady<Leg>.NextReady { get; set; }

    /// <summary>Makes a leg, charging its first windows to the budget; null when the budget is spent.</summary>
    internal static Leg? TryCreate(LinkCircuits link, CircuitId id, LegOwner owner)
    {
        var context = link.Context;
        return context.Pool.TryReserve(context.Options.FirstCells) ? new Leg(link, id, owner) : null;
    }

    /// <summary>Counts a received cell; false when it is beyond the credit. Reading task.</summary>
    internal bool TryReceive(Lane lane) => Window(lane).TryReceive(1);

    /// <summary>A received cell has left this node or was used up: there is room for another. Any thread.</summary>
    internal void Consumed(Lane lane)
    {
        if (Window(lane).Consume(1))
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

    /// <summary>The peer gives unused room back; false when it cannot have had it. Reading task.</summary>
    internal bool TryReturn(CreditGrant returned)
    {
        bool sane = _data.TryReturn(returned.DataCells) && _control.TryReturn(returned.ControlCells);

        // What was used and was too little to be granted again is enough for a smaller window: once granted, it is
        // given back as well, and nothing of a circuit at rest stays charged.
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

    /// <summary>Called by the link now and then: gives back what is not used, closes what the peer hoards.</summary>
    internal void Tick()
    {
        // Both, because each counts.
        if (_data.IsKeptIdle(KeepTicks) | _control.IsKeptIdle(KeepTicks))
        {
            Close(CloseReason.IdleTimeout);
            return;
        }

        // Each lane for itself, as the peer counts them: a download asks for nothing more for as long as it lasts, and
        // grants windows all the time.
        int due = 0;
        if (IsUnused(ref _sentData, ref _seenData) && Interlocked.Read(ref _mayData) > Options.FirstWindow)
        {
            due |= DataRoom;
        }

        if (IsUnused(ref _sentControl, ref _seenControl)
            && Interlocked.Read(ref _mayControl) > Options.FirstControlWindow)
        {
            due |= ControlRoom;
        }

        if (due != 0)
        {
            Interlocked.Or(ref _returnDue, due);
            MarkReady();
        }
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
            Link.Context.Pool.Return(command);
        }

        Link.Forget(this);
        Link.Context.Counters.Count(reason);
        Owner.OnClosed(this, reason);
        Abandon();
        MarkReady();
    }

    /// <summary>Gives the windows back to the budget; alone only for a leg that was never put on its link.</summary>
    internal void Abandon()
    {
        _data.Close();
        _control.Close();
    }

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
            Link.Context.Pool.Return(command);
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
        grant = ClosedBy == CloseReason.None
            ? new CreditGrant(Id, (ushort)_data.TakeGrant(), (ushort)_control.TakeGrant())
            : new CreditGrant(Id, 0, 0);
        return grant.DataCells + grant.ControlCells > 0;
    }

    /// <summary>Takes what is to be given back of the room that the peer granted; false when nothing. Writing
    /// task.</summary>
    internal bool TryTakeReturn(out CreditGrant returned)
    {
        returned = default;
        int due = Interlocked.Exchange(ref _returnDue, 0);
        if (due == 0 || ClosedBy != CloseReason.None)
        {
            return false;
        }

        long data = (due & DataRoom) != 0 ? Math.Clamp(_mayData - Options.FirstWindow, 0, ushort.MaxValue) : 0;
        long control = (due & ControlRoom) != 0
            ? Math.Clamp(_mayControl - Options.FirstControlWindow, 0, ushort.MaxValue)
            : 0;
        _mayData -= data;
        _mayControl -= control;
        returned = new CreditGrant(Id, (ushort)data, (ushort)control);
        return data + control > 0;
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
        ref int sent = ref lane == Lane.Data ? ref _sentData : ref _sentControl;
        Volatile.Write(ref sent, unchecked(sent + 1));
        CellHeader.Write(cell, Id, lane == Lane.Data ? CellCommand.Data : CellCommand.Control);
        return true;
    }

    // Counts a tick of one lane; whether nothing was sent in it for long enough.
    private static bool IsUnused(ref int sent, ref (int Sent, int Idle) seen)
    {
        int now = Volatile.Read(ref sent);
        seen = (now, now == seen.Sent ? seen.Idle + 1 : 0);
        return seen.Idle >= ReturnTicks;
    }

    private CircuitOptions Options => Link.Context.Options;

    private GrowingWindow Window(Lane lane) => lane == Lane.Data ? _data : _control;
}

using System.Collections.Concurrent;
using Veil.Circuits.Cells;
using Veil.Circuits.Limits;
using Veil.Links;
using Veil.Links.Record;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Legs;

/// <summary>
/// All circuits of one link: knows their ids, and hands cells to their legs (spec/circuit.md, sections 4 and 5).
/// </summary>
internal sealed class LinkCircuits : LinkTraffic
{
    private const uint InitiatorBit = 0x8000_0000;

    private readonly Link _link;
    private readonly Func<LinkCircuits, CircuitId, byte[], CloseReason>? _onCreate;
    private readonly ConcurrentDictionary<CircuitId, Leg> _legs = new();
    private readonly Tombstones<CircuitId> _ended;
    private readonly LinkOutput _output;
    private readonly RelayPace? _pace;
    private readonly int _bound;
    private int _closed;

    /// <param name="link">The link that this runs over.</param>
    /// <param name="context">What the node's circuits share.</param>
    /// <param name="onCreate">At a relay: handles CREATE's body; null where none is expected.</param>
    /// <param name="pace">At a relay: the node's rate and its meter.</param>
    internal LinkCircuits(
        Link link,
        CircuitContext context,
        Func<LinkCircuits, CircuitId, byte[], CloseReason>? onCreate,
        RelayPace? pace = null)
    {
        _link = link;
        Context = context;
        _onCreate = onCreate;
        _pace = pace;
        _output = new LinkOutput(link, context.Time, pace);
        _bound = link.Peer.Relay is null ? context.Options.MaxCircuitsPerLink : context.Options.MaxCircuitsPerRelayLink;
        _ended = new Tombstones<CircuitId>(context.Time, context.Options.Tombstone, context.Options.MaxTombstones);
    }

    /// <summary>What the node's circuits share.</summary>
    internal CircuitContext Context { get; }

    /// <summary>Who is at the other end.</summary>
    internal LinkPeer Peer => _link.Peer;

    /// <summary>Open circuits on this link.</summary>
    internal int Count => _legs.Count;

    /// <summary>Whether new circuits can be put on this link.</summary>
    internal bool IsOpen => Volatile.Read(ref _closed) == 0 && _link.ClosedBy == CloseReason.None;

    /// <summary>Whether there is room for one more circuit, as far as one can tell before trying.</summary>
    internal bool HasRoom =>
        _legs.Count < _bound && _output.HasRoom && Context.Pool.HasRoom(Context.Options.FirstCells);

    /// <summary>Starts a circuit of our own; null when the link is closed or full, or the budget is spent.</summary>
    internal Leg? TryOpen(LegOwner owner)
    {
        if (!IsOpen || !HasRoom)
        {
            return null;
        }

        while (true)
        {
            uint number = (uint)Context.Decisions.NextBelow(InitiatorBit);
            var id = new CircuitId(_link.Peer.IsInitiator ? number | InitiatorBit : number);
            if (id.Value != 0 && !_legs.ContainsKey(id) && !_ended.Contains(id))
            {
                return TryAdd(id, owner);
            }
        }
    }

    /// <summary>Takes up a circuit that the peer asked for; null when full, or the budget is spent.</summary>
    internal Leg? TryAdd(CircuitId id, LegOwner owner)
    {
        var leg = HasRoom ? Leg.TryCreate(this, id, owner) : null;
        if (leg is null)
        {
            return null;
        }

        if (!_legs.TryAdd(id, leg))
        {
            leg.Abandon();
            return null;
        }

        if (!IsOpen)
        {
            leg.Close(CloseReason.PeerClosed, tellPeer: false);
        }

        return leg;
    }

    /// <summary>Answers a CREATE by DESTROY. Reading task.</summary>
    internal void Refuse(CircuitId id)
    {
        _ended.Add(id);
        _output.Refuse(id);
    }

    /// <summary>A leg wants the writing task's attention. Any thread.</summary>
    internal void MarkReady(Leg leg) => _output.MarkReady(leg);

    /// <summary>A leg closed. Any thread.</summary>
    internal void Forget(Leg leg)
    {
        _ended.Add(leg.Id);
        if (_legs.TryRemove(leg.Id, out _))
        {
            _output.Linger(leg);
        }
    }

    /// <summary>Closes the link and with it all circuits. Any thread.</summary>
    internal void Close(CloseReason reason) => _link.Close(reason);

    /// <summary>Called now and then, every 5 s: legs give back and take back what is not used.</summary>
    internal void Tick()
    {
        foreach (var (_, leg) in _legs)
        {
            leg.Tick();
        }
    }

    /// <inheritdoc/>
    public override CloseReason OnCells(Span<byte> cells)
    {
        _pace?.Volume.AddRead(RecordLayout.TotalBytes(cells.Length / CellLayout.CellBytes));
        for (; !cells.IsEmpty; cells = cells[CellLayout.CellBytes..])
        {
            var reason = OnCell(cells[..CellLayout.CellBytes]);
            if (reason != CloseReason.None)
            {
                return reason;
            }
        }

        return CloseReason.None;
    }

    /// <inheritdoc/>
    public override int Fill(Span<byte> cells) => _output.Fill(cells);

    /// <inheritdoc/>
    public override void OnClosed(CloseReason reason)
    {
        Volatile.Write(ref _closed, 1);
        _output.Close();
        foreach (var leg in _legs.Values.OrderBy(leg => leg.Id.Value))
        {
            leg.Close(reason == CloseReason.None ? CloseReason.PeerClosed : reason, tellPeer: false);
        }
    }

    /// <summary>Closes the circuits and keeps the link. Any thread.</summary>
    internal void CloseCircuits(CloseReason reason)
    {
        foreach (var leg in _legs.Values.OrderBy(leg => leg.Id.Value))
        {
            leg.Close(reason);
        }
    }

    private CloseReason OnCell(Span<byte> cell)
    {
        if (!CellHeader.TryRead(cell, out var id, out var command))
        {
            return CloseReason.Malformed;
        }

        Span<byte> body = cell[CellLayout.HeaderBytes..];
        switch (command)
        {
            case CellCommand.Padding:
                return id.Value == 0 && !body.ContainsAnyExcept((byte)0) ? CloseReason.None : CloseReason.Malformed;
            case CellCommand.Credit:
            case CellCommand.Return:
                return id.Value == 0 ? OnCredit(body, command) : CloseReason.Malformed;
            case CellCommand.Create:
                return OnCreate(id, body);
        }

        if (!_legs.TryGetValue(id, out var leg))
        {
            return _ended.Contains(id) ? CloseReason.None : CloseReason.Unexpected;
        }

        return OnLegCell(leg, command, cell);
    }

    private static CloseReason OnLegCell(Leg leg, CellCommand command, Span<byte> cell)
    {
        if (command == CellCommand.Destroy)
        {
            leg.Close(CloseReason.PeerClosed, tellPeer: false);
            return cell[CellLayout.HeaderBytes..].ContainsAnyExcept((byte)0) ? CloseReason.Malformed : CloseReason.None;
        }

        CloseReason reason;
        if (command == CellCommand.Created)
        {
            reason = CreateBody.TryReadCreated(cell[CellLayout.HeaderBytes..], out var message)
                ? leg.Owner.OnCreated(leg, message)
                : CloseReason.Malformed;
        }
        else
        {
            var lane = command == CellCommand.Data ? Lane.Data : Lane.Control;
            reason = leg.TryReceive(lane) ? leg.Owner.OnCell(leg, lane, cell) : CloseReason.CreditExceeded;
        }

        if (reason != CloseReason.None)
        {
            leg.Close(reason);
        }

        return CloseReason.None;
    }

    private CloseReason OnCreate(CircuitId id, Span<byte> body)
    {
        bool fromInitiator = (id.Value & InitiatorBit) != 0;
        if (_onCreate is null || id.Value == 0 || fromInitiator == _link.Peer.IsInitiator
            || _legs.ContainsKey(id) || _ended.Contains(id))
        {
            return CloseReason.Unexpected;
        }

        return _onCreate(this, id, body.ToArray());
    }

    private CloseReason OnCredit(ReadOnlySpan<byte> body, CellCommand command)
    {
        if (!CreditBody.TryReadCount(body, out int count))
        {
            return CloseReason.Malformed;
        }

        for (int index = 0; index < count; index++)
        {
            var grant = CreditBody.Read(body, index);
            if (_legs.TryGetValue(grant.Circuit, out var leg))
            {
                if (!(command == CellCommand.Credit ? leg.TryAddCredit(grant) : leg.TryReturn(grant)))
                {
                    leg.Close(CloseReason.Malformed);
                }
            }
            else if (!_ended.Contains(grant.Circuit))
            {
                return CloseReason.Unexpected;
            }
        }

        return CloseReason.None;
    }
}

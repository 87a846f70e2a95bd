using System.Collections.Concurrent;
using Veil.Circuits.Cells;
using Veil.Links;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Legs;

/// <summary>
/// All circuits of one link: hands cells to their legs, and chooses what is sent next (spec/circuit.md, section 4).
/// Legs that were silent go first, one turn; then the others in turn.
/// </summary>
internal sealed class LinkCircuits : LinkTraffic
{
    private const int CellsPerTurn = 8;
    private const int MaxRefused = 256;

    // Circuits that ended and whose end could not be sent yet: one that asks for more while it takes nothing has no
    // good intent.
    private const int MaxLingering = 1024;
    private const uint InitiatorBit = 0x8000_0000;

    private readonly Link _link;
    private readonly Func<LinkCircuits, CircuitId, byte[], CloseReason>? _onCreate;
    private readonly ConcurrentDictionary<CircuitId, Leg> _legs = new();
    private readonly Tombstones<CircuitId> _ended;
    private readonly ReadyStack<Leg> _ready = new();
    private readonly ConcurrentQueue<CircuitId> _refused = new();

    // Writing task.
    private readonly Queue<Leg> _commands = new();
    private readonly Queue<Leg> _grants = new();
    private readonly Queue<Leg> _quiet = new();
    private readonly Queue<Leg> _loud = new();
    private readonly CreditGrant[] _batch = new CreditGrant[CreditBody.MaxGrants];

    private int _closed;
    private int _lingering;

    /// <param name="link">The link that this runs over.</param>
    /// <param name="context">What the node's circuits share.</param>
    /// <param name="onCreate">At a relay: handles CREATE's body; null where none is expected.</param>
    internal LinkCircuits(
        Link link,
        CircuitContext context,
        Func<LinkCircuits, CircuitId, byte[], CloseReason>? onCreate)
    {
        _link = link;
        Context = context;
        _onCreate = onCreate;
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
    internal bool HasRoom => _legs.Count < Context.Options.MaxCircuitsPerLink
        && Volatile.Read(ref _lingering) < MaxLingering
        && Context.Pool.HasRoom(Context.Options.InitialWindow + Context.Options.ControlWindow);

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
        if (_refused.Count < MaxRefused)
        {
            // Beyond the bound the peer's CREATE times out.
            _refused.Enqueue(id);
            _link.Wake();
        }
    }

    /// <summary>A leg wants the writing task's attention. Any thread.</summary>
    internal void MarkReady(Leg leg)
    {
        if (_ready.Add(leg))
        {
            _link.Wake();
        }
    }

    /// <summary>A leg closed. Any thread.</summary>
    internal void Forget(Leg leg)
    {
        _ended.Add(leg.Id);
        if (_legs.TryRemove(leg.Id, out _))
        {
            Interlocked.Increment(ref _lingering);
            Volatile.Write(ref leg.Lingers, 1);
        }
    }

    /// <summary>Closes the link and with it all circuits. Any thread.</summary>
    internal void Close(CloseReason reason) => _link.Close(reason);

    /// <inheritdoc/>
    public override CloseReason OnCells(Span<byte> cells)
    {
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
    public override int Fill(Span<byte> cells)
    {
        Collect();
        int count = 0;
        while (count < CellLayout.MaxCellsPerRecord)
        {
            Span<byte> cell = cells.Slice(count * CellLayout.CellBytes, CellLayout.CellBytes);
            if (!TryFillCommand(cell) && !TryFillGrants(cell) && !TryFillLeg(cell))
            {
                break;
            }

            count++;
        }

        return count;
    }

    /// <inheritdoc/>
    public override void OnClosed(CloseReason reason)
    {
        Volatile.Write(ref _closed, 1);
        foreach (var leg in _legs.Values.OrderBy(leg => leg.Id.Value))
        {
            leg.Close(reason == CloseReason.None ? CloseReason.PeerClosed : reason, tellPeer: false);
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
                return id.Value == 0 ? OnCredit(body) : CloseReason.Malformed;
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

        if (Volatile.Read(ref _lingering) >= MaxLingering)
        {
            return CloseReason.ResourceLimit;
        }

        return _onCreate(this, id, body.ToArray());
    }

    private CloseReason OnCredit(ReadOnlySpan<byte> body)
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
                if (!leg.TryAddCredit(grant))
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

    private void Collect()
    {
        for (var leg = _ready.TakeAll(); leg is not null;)
        {
            var next = ReadyStack<Leg>.Next(leg);
            leg.Collect();
            _commands.Enqueue(leg);
            if (!leg.InGrants)
            {
                leg.InGrants = true;
                _grants.Enqueue(leg);
            }

            if (!leg.InQueue)
            {
                leg.InQueue = true;
                _quiet.Enqueue(leg);
            }

            leg = next;
        }
    }

    private bool TryFillCommand(Span<byte> cell)
    {
        while (_commands.TryPeek(out var leg))
        {
            if (leg.TryTakeCommand(cell))
            {
                return true;
            }

            _commands.Dequeue();
            if (Interlocked.CompareExchange(ref leg.Lingers, 2, 1) == 1)
            {
                Interlocked.Decrement(ref _lingering);
            }
        }

        if (!_refused.TryDequeue(out var refused))
        {
            return false;
        }

        cell.Clear();
        CellHeader.Write(cell, refused, CellCommand.Destroy);
        return true;
    }

    private bool TryFillGrants(Span<byte> cell)
    {
        int count = 0;
        while (count < _batch.Length && _grants.TryDequeue(out var leg))
        {
            leg.InGrants = false;
            if (leg.TryTakeGrant(out _batch[count]))
            {
                count++;
            }
        }

        if (count > 0)
        {
            CreditBody.Write(cell, _batch.AsSpan(0, count));
        }

        return count > 0;
    }

    private bool TryFillLeg(Span<byte> cell)
    {
        while (_quiet.TryPeek(out var leg) || _loud.TryPeek(out leg))
        {
            bool wasQuiet = _quiet.Count > 0;
            if (leg.TryFill(Lane.Control, cell) || leg.TryFill(Lane.Data, cell))
            {
                if (++leg.CellsInTurn >= CellsPerTurn)
                {
                    leg.CellsInTurn = 0;
                    (wasQuiet ? _quiet : _loud).Dequeue();
                    _loud.Enqueue(leg);
                }

                return true;
            }

            leg.CellsInTurn = 0;
            leg.InQueue = false;
            (wasQuiet ? _quiet : _loud).Dequeue();
        }

        return false;
    }
}

using System.Buffers.Binary;
using System.Net;
using Veil.Circuits.Cells;
using Veil.Circuits.Legs;
using Veil.Circuits.Onion;
using Veil.Circuits.Streams;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Relaying;

/// <summary>
/// One circuit at a relay (spec/circuit.md). Ownership: the reading task of the inner leg opens forward layers, the
/// writing task of the inner leg seals backward layers, each branch's leg moves cells in and out of the branch's
/// queues.
/// </summary>
internal sealed class RelayCircuit : LegOwner
{
    private const int BranchingPosition = 3;

    private readonly RelaySwitch _switch;
    private readonly CircuitContext _context;
    private readonly HopCiphers _ciphers;
    private readonly Lock _lock = new();
    private RelayOutbox _outbox;
    private Leg? _inner;

    // Made by the reading task of the inner leg with the first stream: most circuits pass through.
    private StreamEnd? _streams;

    // Replaced under the lock, read by any task.
    private Branch[] _branches = [];

    // Reading task of the inner leg.
    private ushort _highestBranch;

    // Writing task of the inner leg.
    private int _turn;

    internal RelayCircuit(RelaySwitch relaySwitch, HopCiphers ciphers)
    {
        _switch = relaySwitch;
        _context = relaySwitch.Context;
        _ciphers = ciphers;
    }

    /// <summary>Number and other end of the link that its client's cells come from, for recordings.</summary>
    internal (CircuitId Circuit, EndPoint? Link)? Inner =>
        _inner is { } inner ? (inner.Id, inner.Link.Peer.EndPoint) : null;

    private int Position => _ciphers.Position;

    private int MaxBranches => Position < BranchingPosition ? 1 : Position == BranchingPosition
        ? _context.Options.MaxBranches : 0;

    /// <summary>Ties the circuit to the leg that its client's cells come from. Before any cell.</summary>
    internal void Attach(Leg inner) => _inner = inner;

    /// <summary>Wipes the keys of a circuit that got no leg.</summary>
    internal void Discard() => _ciphers.Dispose();

    /// <inheritdoc/>
    internal override CloseReason OnCell(Leg leg, Lane lane, Span<byte> cell)
    {
        var buffer = _context.Pool.Rent();
        if (!_ciphers.TryOpen(lane, cell[CellLayout.HeaderBytes..], buffer.BranchAndBody))
        {
            _context.Pool.Return(buffer);
            return CloseReason.AuthenticationFailed;
        }

        ushort number = HopCiphers.ReadBranch(buffer.BranchAndBody);
        if (number != 0)
        {
            return Forward(leg, number, lane, buffer);
        }

        var room = buffer.Body[..(_ciphers.PlaintextBytes - CellLayout.BranchBytes)];
        var reason = RelayMessage.TryRead(room, out var message) ? OnMessage(lane, message) : CloseReason.Malformed;
        _context.Pool.Return(buffer);
        leg.Consumed(lane);
        return reason;
    }

    /// <inheritdoc/>
    internal override CloseReason OnCreated(Leg leg, ReadOnlySpan<byte> message) => CloseReason.Unexpected;

    /// <inheritdoc/>
    internal override bool TryFill(Leg leg, Lane lane, Span<byte> cell)
    {
        // A message of our own is composed at its place in the cell and sealed there.
        Span<byte> layer = cell[CellLayout.HeaderBytes..];
        Span<byte> room = layer[CellLayout.BranchBytes.._ciphers.PlaintextBytes];
        var streams = Volatile.Read(ref _streams);
        bool own = lane == Lane.Control
            ? _outbox.TryFill(_lock, room) || TryFillBranchCredit(room) || streams?.TryFillControl(room) == true
            : streams?.TryFillData(room) == true;
        if (!own)
        {
            return TryFillFromBranch(lane, layer);
        }

        HopCiphers.WriteBranch(layer, 0);
        layer[CellLayout.CiphertextBytes(Position)..].Clear();
        return _ciphers.TrySeal(lane, layer, layer);
    }

    /// <inheritdoc/>
    internal override void OnClosed(Leg leg, CloseReason reason)
    {
        foreach (var branch in Volatile.Read(ref _branches))
        {
            branch.TryClose();
            branch.Settle(leg);
            branch.Leg?.Close(CloseReason.PeerClosed);
        }

        Volatile.Read(ref _streams)?.Close(reason);
        _ciphers.Dispose();
        _switch.Forget();
    }

    /// <summary>A cell from the next hop. Reading task of the branch's leg.</summary>
    internal CloseReason OnBackward(Branch branch, Lane lane, Span<byte> cell)
    {
        Span<byte> body = cell[CellLayout.HeaderBytes..];
        if (!HopCiphers.HasZeroTail(body, Position + 1))
        {
            return CloseReason.Malformed;
        }

        var buffer = _context.Pool.Rent();
        body.CopyTo(buffer.Body);
        branch.Backward(lane).Add(buffer);
        _inner!.MarkReady();
        return CloseReason.None;
    }

    /// <summary>The next hop answered CREATE. Reading task of the branch's leg.</summary>
    internal void OnExtended(Branch branch, ReadOnlySpan<byte> message) => Answer(MessageType.Extended, branch,
        message);

    /// <summary>Writes the next cell to the next hop. Writing task of the branch's leg.</summary>
    internal bool TryFillOuter(Branch branch, Lane lane, Span<byte> cell)
    {
        if (!branch.Forward(lane).TryTake(out var buffer))
        {
            return false;
        }

        buffer.Body.CopyTo(cell[CellLayout.HeaderBytes..]);
        _context.Pool.Return(buffer);
        if (branch.Leave(lane, _inner!))
        {
            _inner!.MarkReady();
        }

        return true;
    }

    /// <summary>Ends a branch and tells the client, or ends the circuit where the branch is the trunk itself. Any
    /// thread.</summary>
    internal void EndBranch(Branch branch, MessageType answer)
    {
        if (!branch.TryClose())
        {
            return;
        }

        branch.Settle(_inner!);
        branch.Leg?.Close(CloseReason.Done);
        lock (_lock)
        {
            Volatile.Write(ref _branches, [.. _branches.Where(other => other != branch)]);
        }

        if (Position < BranchingPosition && branch.IsOpen)
        {
            _inner!.Close(CloseReason.PeerClosed);
        }
        else
        {
            Answer(answer, branch, default);
        }
    }

    private CloseReason Forward(Leg inner, ushort number, Lane lane, CellBuffer buffer)
    {
        if (FindBranch(number) is not { IsOpen: true, Leg: { } leg } branch)
        {
            // A branch that ended may still be sent to for a while; one that never was, or has not answered, may not.
            _context.Pool.Return(buffer);
            inner.Consumed(lane);
            return number <= _highestBranch && FindBranch(number) is null ? CloseReason.None : CloseReason.Unexpected;
        }

        if (!branch.TryAccept(lane))
        {
            _context.Pool.Return(buffer);
            inner.Consumed(lane);
            leg.Close(CloseReason.CreditExceeded);
            return CloseReason.None;
        }

        branch.Add(lane, buffer, inner);
        leg.MarkReady();
        return CloseReason.None;
    }

    private CloseReason OnMessage(Lane lane, in RelayMessage message)
    {
        if (message.Type < MessageType.Open && message.Stream.Value != 0)
        {
            return CloseReason.Malformed;
        }

        switch (message.Type)
        {
            case MessageType.Extend when lane == Lane.Control:
                return OnExtend(message.Data);
            case MessageType.CloseBranch when lane == Lane.Control && message.Data.Length == CellLayout.BranchBytes:
                ushort number = BinaryPrimitives.ReadUInt16BigEndian(message.Data);
                if (FindBranch(number) is { } branch)
                {
                    EndBranch(branch, MessageType.BranchClosed);
                }

                return number <= _highestBranch ? CloseReason.None : CloseReason.Unexpected;
            default:
                return OnStreamMessage(lane, message);
        }
    }

    private CloseReason OnStreamMessage(Lane lane, in RelayMessage message)
    {
        if (_streams is not { } streams)
        {
            streams = new StreamEnd(_context, TryAccept, MarkInnerReady);
            Interlocked.Exchange(ref _streams, streams);
            if (_inner!.ClosedBy is not CloseReason.None and var reason)
            {
                // Whoever closed the circuit may have missed it.
                streams.Close(reason);
            }
        }

        return streams.OnMessage(lane, message);
    }

    private CloseReason OnExtend(ReadOnlySpan<byte> data)
    {
        if (!ExtendRequest.TryRead(data, out var request) || request.Branch.Value <= _highestBranch)
        {
            return CloseReason.Malformed;
        }

        _highestBranch = request.Branch.Value;
        var account = Position == BranchingPosition ? new BranchAccount(_context.Options, _context.Pool) : null;
        var branch = new Branch(this, request.Branch, account);
        lock (_lock)
        {
            if (_branches.Length >= MaxBranches)
            {
                branch.TryClose();
                return CloseReason.ResourceLimit;
            }

            Volatile.Write(ref _branches, [.. _branches, branch]);
        }

        if (_inner!.ClosedBy != CloseReason.None)
        {
            // The circuit closed meanwhile, and whoever closed it may have missed the branch.
            branch.TryClose();
            return CloseReason.None;
        }

        _switch.Extend(this, branch, request, Position + 1, _inner.Link.Peer.Relay);
        return CloseReason.None;
    }

    private bool TryFillFromBranch(Lane lane, Span<byte> layer)
    {
        var branches = Volatile.Read(ref _branches);
        for (int tried = 0; tried < branches.Length; tried++)
        {
            var branch = branches[_turn++ % branches.Length];
            _turn %= branches.Length;
            if (branch.Backward(lane).TryTake(out var buffer))
            {
                HopCiphers.WriteBranch(buffer.BranchAndBody, branch.Number.Value);
                bool sealedCell = _ciphers.TrySeal(lane, buffer.BranchAndBody, layer);
                layer[CellLayout.CiphertextBytes(Position)..].Clear();
                _context.Pool.Return(buffer);
                branch.Leg!.Consumed(lane);
                return sealedCell;
            }
        }

        return false;
    }

    private bool TryFillBranchCredit(Span<byte> room)
    {
        if (Position != BranchingPosition)
        {
            return false;
        }

        const int EntryBytes = 4;
        Span<byte> entries = stackalloc byte[2 + (_context.Options.MaxBranches * EntryBytes)];
        ushort count = 0;
        foreach (var branch in Volatile.Read(ref _branches))
        {
            ushort cells = count < _context.Options.MaxBranches ? branch.TakeGrant() : (ushort)0;
            if (cells > 0)
            {
                Span<byte> entry = entries[(2 + (count * EntryBytes))..];
                BinaryPrimitives.WriteUInt16BigEndian(entry, branch.Number.Value);
                BinaryPrimitives.WriteUInt16BigEndian(entry[2..], cells);
                count++;
            }
        }

        BinaryPrimitives.WriteUInt16BigEndian(entries, count);
        if (count > 0)
        {
            RelayMessage.Write(room, MessageType.BranchCredit, default, entries[..(2 + (count * EntryBytes))]);
        }

        return count > 0;
    }

    private void Answer(MessageType type, Branch branch, ReadOnlySpan<byte> rest)
    {
        if (_outbox.TryAdd(_lock, type, branch.Number, rest))
        {
            _inner!.MarkReady();
        }
        else
        {
            _inner!.Close(CloseReason.ResourceLimit);
        }
    }

    private Branch? FindBranch(ushort number)
    {
        foreach (var branch in Volatile.Read(ref _branches))
        {
            if (branch.Number.Value == number)
            {
                return branch.IsClosed ? null : branch;
            }
        }

        return null;
    }

    private bool TryAccept(CircuitStream stream)
    {
        stream.Inner = Inner;
        return _switch.TryAccept(stream);
    }

    private void MarkInnerReady() => _inner?.MarkReady();
}

using System.Buffers.Binary;
using Veil.Circuits.Onion;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Client;

/// <content>What comes from the guard's link, and what goes to it.</content>
public sealed partial class ClientCircuit
{
    // Writing task.
    private int _turn;

    internal CloseReason OnCreated(ReadOnlySpan<byte> message) =>
        _extensions.Take(0, NoBranch) is { } creating && creating.TryComplete(message, _context)
            ? CloseReason.None
            : CloseReason.HandshakeFailed;

    /// <summary>Opens a backward cell layer by layer. Reading task.</summary>
    internal CloseReason OnCell(Lane lane, Span<byte> cell)
    {
        Volatile.Write(ref _heard, _heard + 1);
        switch (_onion.Open(lane, cell, out int number, out var rest))
        {
            case OpenedKind.Message:
                return RelayMessage.TryRead(rest, out var message)
                    ? OnMessage(number, lane, message)
                    : CloseReason.Malformed;
            case OpenedKind.Branch:
                return OnBranchCell((ushort)number, lane, rest);
            default:
                return CloseReason.AuthenticationFailed;
        }
    }

    /// <summary>Composes and seals the next forward cell. Writing task.</summary>
    internal bool TryFill(Lane lane, Span<byte> cell)
    {
        if (lane == Lane.Control && TryFillControl(cell))
        {
            return true;
        }

        int last = _onion.Count;
        if (last > 0)
        {
            var room = ClientOnion.Room(cell, last);
            if (lane == Lane.Control ? _streams.TryFillControl(room) : _streams.TryFillData(room))
            {
                return _onion.TrySeal(lane, cell, last);
            }
        }

        return TryFillBranch(lane, cell);
    }

    private CloseReason OnMessage(int hop, Lane lane, in RelayMessage message)
    {
        if (message.Type <= MessageType.Open && lane != Lane.Control)
        {
            return CloseReason.Unexpected;
        }

        if (message.Type < MessageType.Open && message.Stream.Value != 0)
        {
            return CloseReason.Malformed;
        }

        switch (message.Type)
        {
            case MessageType.Extended when message.Data.Length == CellLayout.BranchBytes + HopHandshake.SecondBytes:
                // One that nobody waits for any more was given up, and its branch closed.
                var extension = _extensions.Take(hop, BinaryPrimitives.ReadUInt16BigEndian(message.Data));
                _ = extension?.TryComplete(message.Data[CellLayout.BranchBytes..], _context);
                return CloseReason.None;
            case MessageType.ExtendFailed when message.Data.Length == CellLayout.BranchBytes:
                _extensions.Take(hop, BinaryPrimitives.ReadUInt16BigEndian(message.Data))?.Fail(
                    CloseReason.UnknownRelay);
                return CloseReason.None;
            case MessageType.BranchClosed when message.Data.Length == CellLayout.BranchBytes:
                if (hop == _onion.Count && Find(BinaryPrimitives.ReadUInt16BigEndian(message.Data)) is { } ended)
                {
                    CloseBranch(ended, CloseReason.PeerClosed, tellRelay: false);
                }

                return CloseReason.None;
            case MessageType.BranchCredit when hop == _onion.Count:
                return OnBranchCredit(message.Data);
            case MessageType.Extended or MessageType.ExtendFailed or MessageType.BranchClosed:
                return CloseReason.Malformed;
            default:
                return hop == _onion.Count ? _streams.OnMessage(lane, message) : CloseReason.Unexpected;
        }
    }

    private CloseReason OnBranchCredit(ReadOnlySpan<byte> data)
    {
        const int EntryBytes = 4;
        if (data.Length < 2 || data.Length != 2 + (BinaryPrimitives.ReadUInt16BigEndian(data) * EntryBytes))
        {
            return CloseReason.Malformed;
        }

        for (data = data[2..]; !data.IsEmpty; data = data[EntryBytes..])
        {
            Find(BinaryPrimitives.ReadUInt16BigEndian(data))?.AddCredit(BinaryPrimitives.ReadUInt16BigEndian(
                data[2..]));
        }

        MarkReady();
        return CloseReason.None;
    }

    // What is wrong inside a branch's layer is its end's doing: it costs the branch, not the trunk.
    private CloseReason OnBranchCell(ushort number, Lane lane, Span<byte> layer)
    {
        if (Find(number) is not { } branch)
        {
            return number <= _lastBranch ? CloseReason.None : CloseReason.Unexpected;
        }

        var reason = CloseReason.AuthenticationFailed;
        if (branch.Ciphers.TryOpenInPlace(lane, layer) && HopCiphers.ReadBranch(layer) == 0)
        {
            var room = layer[CellLayout.BranchBytes..branch.Ciphers.PlaintextBytes];
            reason = RelayMessage.TryRead(room, out var message)
                ? branch.Streams.OnMessage(lane, message)
                : CloseReason.Malformed;
        }

        if (reason != CloseReason.None)
        {
            CloseBranch(branch, reason, tellRelay: true);
        }

        return CloseReason.None;
    }

    private bool TryFillControl(Span<byte> cell)
    {
        (int Hop, MessageType Type, byte[] Data) message;
        lock (_lock)
        {
            if (!_control.TryDequeue(out message))
            {
                return false;
            }
        }

        RelayMessage.Write(ClientOnion.Room(cell, message.Hop), message.Type, default, message.Data);
        return _onion.TrySeal(Lane.Control, cell, message.Hop);
    }

    private bool TryFillBranch(Lane lane, Span<byte> cell)
    {
        var branches = Volatile.Read(ref _branches);
        for (int tried = 0; tried < branches.Length; tried++)
        {
            var branch = branches[_turn++ % branches.Length];
            _turn %= branches.Length;
            branch.Collect();
            var room = ClientOnion.Room(cell, branch.Ciphers.Position);
            bool filled = lane == Lane.Control
                ? branch.Streams.TryFillControl(room)
                : branch.MaySend > 0 && branch.Streams.TryFillData(room);
            if (filled)
            {
                branch.MaySend -= lane == Lane.Data ? 1 : 0;
                return _onion.TrySeal(lane, cell, branch.Ciphers, branch.Number.Value);
            }
        }

        return false;
    }
}

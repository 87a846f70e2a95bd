using System.Buffers.Binary;
using System.Diagnostics;
using Veil.Circuits.Onion;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Tests.Circuits;

/// <summary>
/// A relay for one circuit and one branch that does its part of the protocol, until it is told to alter a cell.
/// Grants no credit: a few cells are enough.
/// </summary>
internal sealed class TamperingRelay
{
    private readonly RelayRig _rig;
    private readonly RelayPlace _place;
    private readonly RelayPlace? _next;
    private readonly TaskCompletionSource<RawLink> _inner = new();
    private RawLink? _outer;
    private HopCiphers? _ciphers;
    private uint _innerId;
    private uint _outerId;
    private ushort _branch;
    private int _position;

    private TamperingRelay(RelayRig rig, RelayPlace place, RelayPlace? next)
    {
        _rig = rig;
        _place = place;
        _next = next;
    }

    /// <summary>Which byte of the next cells' bodies to alter, towards the client and away from it; null for
    /// none.</summary>
    internal (int? Backward, int? Forward) Alters { get; set; }

    /// <summary>Takes cells and does nothing with them.</summary>
    internal bool IsDeaf { get; set; }

    /// <summary>The link to the hop before.</summary>
    internal Task<RawLink> Inner => _inner.Task;

    /// <summary>Listens; extends to <paramref name="next"/> whatever it is asked for.</summary>
    internal static async Task<TamperingRelay> StartAsync(RelayRig rig, RelayPlace place, RelayPlace? next)
    {
        var relay = new TamperingRelay(rig, place, next);
        var listener = await rig.Transport.BindAsync(place.Address.EndPoint);
        if (next is not null)
        {
            relay._outer = await RawLink.OpenAsync(rig, next);
            relay._outer.OnCell = relay.OnBackward;
        }

        rig.Client.Scope.Start(async token =>
        {
            if (await listener.AcceptAsync(token) is { } connection)
            {
                var link = await rig.Handshake().AcceptAsync(connection, place.Local, rig.LinkKeyOf, token);
                relay._inner.SetResult(new RawLink(link, relay.OnForward));
                await (await relay._inner.Task).Running;
            }

            relay._outer?.Link.Close(CloseReason.Done);
            relay._ciphers?.Dispose();
            if (relay._outer is not null)
            {
                await relay._outer.Running;
            }
        });
        return relay;
    }

    /// <summary>Sends a cell of random bytes towards the client.</summary>
    internal async Task SendGarbageAsync(Lane lane)
    {
        var cell = RawLink.Cell(_innerId, lane == Lane.Data ? CellCommand.Data : CellCommand.Control);
        _rig.Secrets.Fill(cell.AsSpan(CellLayout.HeaderBytes, CellLayout.CiphertextBytes(_position)));
        (await Inner).Send(cell);
    }

    private void OnForward(RawLink link, byte[] cell)
    {
        bool read = CellHeader.TryRead(cell, out var id, out var command);
        Debug.Assert(read, "the other side is honest");
        switch (command)
        {
            case CellCommand.Create:
                Create(link, id.Value, cell);
                break;
            case CellCommand.Data or CellCommand.Control:
                Forward(link, cell, command == CellCommand.Data ? Lane.Data : Lane.Control);
                break;
            case CellCommand.Destroy when _outerId != 0:
                _outer!.Send(RawLink.Cell(_outerId, CellCommand.Destroy));
                break;
        }
    }

    private void Create(RawLink link, uint id, byte[] cell)
    {
        if (!CreateBody.TryReadCreate(cell.AsSpan(CellLayout.HeaderBytes), out _position, out ulong keyId,
            out var message))
        {
            throw new UnreachableException("the other side is honest");
        }

        using var handshake = HopHandshake.Respond(
            _rig.Network, _place.Id, (_place.OnionKey, keyId), _position, _rig.Secrets);
        handshake.TryReadMessage(message, [], out _);
        var second = new byte[HopHandshake.SecondBytes];
        handshake.WriteMessage([], second);
        _ciphers = HopCiphers.TryCreate(handshake, _rig.Slab, _position, 65_536);
        _innerId = id;
        var created = new byte[CellLayout.CellBytes];
        CreateBody.WriteCreated(created, new CircuitId(id), second);
        link.Send(created);
    }

    private void Forward(RawLink link, byte[] cell, Lane lane)
    {
        var opened = new byte[CellLayout.BodyBytes + CellLayout.BranchBytes];
        if (IsDeaf)
        {
            return;
        }

        if (!_ciphers!.TryOpen(lane, cell.AsSpan(CellLayout.HeaderBytes), opened))
        {
            link.Send(RawLink.Cell(_innerId, CellCommand.Destroy));
            return;
        }

        if (HopCiphers.ReadBranch(opened) != 0)
        {
            var outer = RawLink.Cell(_outerId, lane == Lane.Data ? CellCommand.Data : CellCommand.Control);
            opened.AsSpan(CellLayout.BranchBytes).CopyTo(outer.AsSpan(CellLayout.HeaderBytes));
            Alter(outer, Alters.Forward);
            _outer!.Send(outer);
        }
        else if (RelayMessage.TryRead(opened.AsSpan(CellLayout.BranchBytes, _ciphers.PlaintextBytes - 2),
            out var message)
            && message.Type == MessageType.Extend && ExtendRequest.TryRead(message.Data, out var request))
        {
            _branch = request.Branch.Value;
            _outerId = 0x8000_0001;
            var create = new byte[CellLayout.CellBytes];
            CreateBody.WriteCreate(
                create, new CircuitId(_outerId), _position + 1, request.OnionKeyId, request.Message.Span);
            _outer!.Send(create);
        }
    }

    private void OnBackward(RawLink link, byte[] cell)
    {
        Debug.Assert(_next is not null, "only an outer link sends backward");
        var inner = Inner.Result;
        var command = (CellCommand)cell[4];
        if (command == CellCommand.Destroy)
        {
            inner.Send(RawLink.Cell(_innerId, CellCommand.Destroy));
        }
        else if (command == CellCommand.Created)
        {
            CreateBody.TryReadCreated(cell.AsSpan(CellLayout.HeaderBytes), out var message);
            var data = new byte[CellLayout.BranchBytes + message.Length];
            BinaryPrimitives.WriteUInt16BigEndian(data, _branch);
            message.CopyTo(data.AsSpan(CellLayout.BranchBytes));
            var answer = RawLink.Cell(_innerId, CellCommand.Control);
            var layer = answer.AsSpan(CellLayout.HeaderBytes);
            RelayMessage.Write(
                layer[CellLayout.BranchBytes.._ciphers!.PlaintextBytes], MessageType.Extended, default, data);
            HopCiphers.WriteBranch(layer, 0);
            _ciphers.TrySeal(Lane.Control, layer, layer);
            inner.Send(answer);
        }
        else if (command is CellCommand.Data or CellCommand.Control)
        {
            var lane = command == CellCommand.Data ? Lane.Data : Lane.Control;
            Alter(cell, Alters.Backward);
            var plain = new byte[CellLayout.BodyBytes + CellLayout.BranchBytes];
            cell.AsSpan(CellLayout.HeaderBytes).CopyTo(plain.AsSpan(CellLayout.BranchBytes));
            HopCiphers.WriteBranch(plain, _branch);
            var sealedCell = RawLink.Cell(_innerId, command);
            _ciphers!.TrySeal(lane, plain, sealedCell.AsSpan(CellLayout.HeaderBytes));
            inner.Send(sealedCell);
        }
    }

    private static void Alter(byte[] cell, int? at)
    {
        if (at is { } index)
        {
            cell[CellLayout.HeaderBytes + index] ^= 0x10;
        }
    }
}

using System.Buffers.Binary;
using Veil.Circuits;
using Veil.Circuits.Onion;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Cells;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>A circuit of one hop, at any position, whose cells are made by hand.</summary>
internal sealed class RawCircuit : IDisposable
{
    private readonly RawLink _link;
    private readonly uint _id;
    private readonly int[] _sent = new int[2];

    private readonly CircuitOptions _options;

    private RawCircuit(RawLink link, uint id, HopCiphers ciphers, CircuitOptions options)
    {
        _options = options;
        _link = link;
        _id = id;
        Ciphers = ciphers;
    }

    internal HopCiphers Ciphers { get; }

    internal static async Task<RawCircuit> CreateAsync(RelayRig rig, RawLink link, RelayPlace place, (uint Id,
        int Position) circuit)
    {
        using var handshake = HopHandshake.Initiate(rig.Network, place.Hop, circuit.Position, rig.Secrets);
        var first = new byte[HopHandshake.FirstBytes];
        handshake.WriteMessage([], first);
        var create = new byte[CellLayout.CellBytes];
        CreateBody.WriteCreate(create, new CircuitId(circuit.Id), circuit.Position, place.Hop.OnionKeyId, first);
        link.Send(create);
        byte[] created;
        do
        {
            created = await link.ReceiveAsync();
        }
        while (BinaryPrimitives.ReadUInt32BigEndian(created) != circuit.Id);

        Assert.Equal((byte)CellCommand.Created, created[4]);
        Assert.True(CreateBody.TryReadCreated(created.AsSpan(CellLayout.HeaderBytes), out var second));
        Assert.True(handshake.TryReadMessage(second, [], out _));
        return new RawCircuit(link, circuit.Id, HopCiphers.TryCreate(handshake, rig.Slab, circuit.Position, 65_536)!,
            rig.Options);
    }

    /// <summary>A sealed message in a cell that is ready to be sent.</summary>
    internal byte[] Compose(Lane lane, MessageType type, ushort stream, ReadOnlySpan<byte> data)
    {
        var cell = RawLink.Cell(_id, lane == Lane.Data ? CellCommand.Data : CellCommand.Control);
        var layer = cell.AsSpan(CellLayout.HeaderBytes);
        RelayMessage.Write(layer[CellLayout.BranchBytes..Ciphers.PlaintextBytes], type, new StreamId(stream), data);
        HopCiphers.WriteBranch(layer, 0);
        Assert.True(Ciphers.TrySeal(lane, layer, layer));
        return cell;
    }

    /// <summary>A sealed layer of arbitrary content for a branch.</summary>
    internal byte[] ComposeFor(ushort branch, Lane lane)
    {
        var cell = RawLink.Cell(_id, lane == Lane.Data ? CellCommand.Data : CellCommand.Control);
        var layer = cell.AsSpan(CellLayout.HeaderBytes);
        HopCiphers.WriteBranch(layer, branch);
        Assert.True(Ciphers.TrySeal(lane, layer, layer));
        return cell;
    }

    internal Task SendAsync(Lane lane, MessageType type, ushort stream, ReadOnlySpan<byte> data) =>
        SendAsync(lane, Compose(lane, type, stream, data));

    /// <summary>Sends a cell when the other side has room for it, or the link or circuit has ended.</summary>
    internal async Task SendAsync(Lane lane, byte[] cell)
    {
        int sent = _sent[(int)lane]++;
        int first = lane == Lane.Data ? _options.FirstWindow : _options.FirstControlWindow;
        await Eventually.HoldsAsync(
            () => sent < first + _link.Granted(_id, lane) || _link.HasEnded(_id), "room is granted");
        _link.Send(cell);
    }

    internal void Send(byte[] cell) => _link.Send(cell);

    /// <summary>The next message of the hop; null when the circuit was destroyed.</summary>
    internal async Task<(MessageType Type, ushort Stream, byte[] Data)?> ReceiveAsync()
    {
        var cell = await _link.ReceiveAsync();
        if (cell[4] == (byte)CellCommand.Destroy)
        {
            return null;
        }

        var lane = cell[4] == (byte)CellCommand.Data ? Lane.Data : Lane.Control;
        var layer = cell.AsSpan(CellLayout.HeaderBytes);
        Assert.True(Ciphers.TryOpenInPlace(lane, layer));
        Assert.Equal(0, HopCiphers.ReadBranch(layer));
        Assert.True(RelayMessage.TryRead(layer[CellLayout.BranchBytes..Ciphers.PlaintextBytes], out var message));
        return (message.Type, message.Stream.Value, message.Data.ToArray());
    }

    internal async Task EndsAsync()
    {
        while (await ReceiveAsync() is not null)
        {
        }
    }

    public void Dispose() => Ciphers.Dispose();
}

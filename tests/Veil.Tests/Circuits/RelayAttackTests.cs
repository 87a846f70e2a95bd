using System.Buffers.Binary;
using Veil.Circuits;
using Veil.Circuits.Onion;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Cells;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>A relay against a client that breaks the rules by hand.</summary>
public sealed class RelayAttackTests
{
    private const uint Id = 0x8000_0007;

    [Theory]
    [InlineData(CellCommand.Data)]
    [InlineData(CellCommand.Control)]
    [InlineData(CellCommand.Created)]
    [InlineData(CellCommand.Destroy)]
    public async Task A_cell_for_a_circuit_that_never_was_closes_the_link(CellCommand command)
    {
        await using var rig = new RelayRig(1);
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);

        link.Send(RawLink.Cell(Id, command));

        await ClosesAsync(rig, link, CloseReason.Unexpected);
    }

    [Fact]
    public async Task An_id_of_the_other_sides_half_or_in_use_closes_the_link()
    {
        await using var rig = new RelayRig(1);
        foreach (uint id in new uint[] { 0, 7 })
        {
            var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
            link.Send(RawLink.Cell(id, CellCommand.Create));
            await link.Running;
        }

        var twice = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        using var circuit = await RawCircuit.CreateAsync(rig, twice, rig.Relays[0].Place, (Id, 1));
        twice.Send(RawLink.Cell(Id, CellCommand.Create));
        await twice.Running;
        await Eventually.HoldsAsync(() => rig.Relays[0].Links.Counters[CloseReason.Unexpected] == 3, "all are counted");
        Assert.Equal(0, rig.Relays[0].Switch.Count);
    }

    [Theory]
    [InlineData(7, CellCommand.Create)]
    [InlineData(5, CellCommand.Padding)]
    [InlineData(2047, CellCommand.Padding)]
    [InlineData(9, CellCommand.Credit)]
    public async Task Bytes_that_must_be_zero_close_the_link(int at, CellCommand command)
    {
        await using var rig = new RelayRig(1);
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        var cell = RawLink.Cell(command == CellCommand.Create ? Id : 0, command);
        cell[at] = 0xFF;

        link.Send(cell);

        await ClosesAsync(rig, link, CloseReason.Malformed);
    }

    [Fact]
    public async Task Hostile_handshakes_are_answered_by_destroy()
    {
        await using var rig = new RelayRig(1);
        var place = rig.Relays[0].Place;
        var link = await RawLink.OpenAsync(rig, place);
        foreach (var (keyId, bytes) in new[] { (0UL, HopHandshake.FirstBytes), (99UL, HopHandshake.FirstBytes), (0UL,
            5), (0UL, 0) })
        {
            var cell = new byte[CellLayout.CellBytes];
            uint id = Id + 1 + (uint)bytes + (uint)keyId;
            CreateBody.WriteCreate(cell, new CircuitId(id), 1, keyId, Noise(bytes));
            link.Send(cell);
            var answer = await link.ReceiveAsync();
            Assert.Equal(RawLink.Cell(id, CellCommand.Destroy), answer);
        }

        Assert.Equal(0, rig.Relays[0].Switch.Count);
        Assert.Equal(0, rig.Relays[0].Context.ReservedCells);
        using var circuit = await RawCircuit.CreateAsync(rig, link, place, (Id, 1));
        link.Link.Close(CloseReason.Done);
        await link.Running;
    }

    [Theory]
    [InlineData(MessageType.None, 0)]
    [InlineData(MessageType.Data, 1)]
    [InlineData(MessageType.End, 1)]
    [InlineData(MessageType.Extended, 0)]
    [InlineData(MessageType.BranchCredit, 0)]
    [InlineData((MessageType)99, 1)]
    public async Task A_message_out_of_place_closes_the_circuit(MessageType type, ushort stream)
    {
        await using var rig = new RelayRig(1);
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        foreach (var lane in new[] { Lane.Data, Lane.Control })
        {
            using var circuit = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id + (uint)lane, 1));
            await circuit.SendAsync(lane, type, stream, []);
            await circuit.EndsAsync();
        }

        Assert.Equal(2, rig.Relays[0].Context.Counters[CloseReason.Unexpected]);
        await EndAsync(rig, link);
    }

    [Fact]
    public async Task Bytes_beyond_the_stream_window_close_the_circuit()
    {
        await using var rig = new RelayRig(1) { Service = _ => Task.CompletedTask };
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        using var circuit = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id, 1));
        await circuit.SendAsync(Lane.Data, MessageType.Open, 1, [(byte)ServiceId.Store, 0]);
        for (int sent = 0; sent <= 262_144; sent += CellLayout.MaxDataBytes)
        {
            await circuit.SendAsync(Lane.Data, MessageType.Data, 1, new byte[CellLayout.MaxDataBytes]);
        }

        await circuit.EndsAsync();
        Assert.Equal(1, rig.Relays[0].Context.Counters[CloseReason.CreditExceeded]);
        await EndAsync(rig, link);
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(int.MaxValue)]
    public async Task Absurd_windows_never_throw(uint grant)
    {
        await using var rig = new RelayRig(1);
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        using var circuit = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id, 1));
        await circuit.SendAsync(Lane.Data, MessageType.Open, 1, [(byte)ServiceId.Store, 0]);
        await circuit.SendAsync(Lane.Data, MessageType.Data, 1, new byte[1]);
        Assert.Equal(MessageType.Data, (await circuit.ReceiveAsync())!.Value.Type);
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, grant);
        for (int count = 0; count < 8; count++)
        {
            await circuit.SendAsync(Lane.Control, MessageType.Window, 1, bytes);
        }

        // Whether it closes depends on how fast they are taken in; what matters is that the link goes on.
        using var other = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id + 1, 1));
        await EndAsync(rig, link);
    }

    [Fact]
    public async Task Absurd_credits_close_the_circuit_and_never_throw()
    {
        await using var rig = new RelayRig(1);
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        using var circuit = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id, 1));
        var cell = new byte[CellLayout.CellBytes];
        CreditBody.Write(
            cell,
            [.. Enumerable.Repeat(new CreditGrant(new CircuitId(Id), ushort.MaxValue, ushort.MaxValue),
                CreditBody.MaxGrants)]);

        link.Send(cell);

        await circuit.EndsAsync();
        Assert.Equal(1, rig.Relays[0].Context.Counters[CloseReason.Malformed]);
        await EndAsync(rig, link);
    }

    [Fact]
    public async Task Streams_beyond_the_bound_are_reset_and_a_flood_of_them_closes_the_circuit()
    {
        await using var rig = new RelayRig(1) { Service = stream => stream.Input.ReadAsync(RelayRig.Token).AsTask() };
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        using var circuit = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id, 1));
        for (ushort stream = 1; stream <= 17; stream++)
        {
            await circuit.SendAsync(Lane.Data, MessageType.Open, stream, [(byte)ServiceId.Store, 0]);
        }

        var answer = (await circuit.ReceiveAsync())!.Value;
        Assert.Equal((MessageType.Reset, (ushort)17), (answer.Type, answer.Stream));

        // No room on the control lane is granted, so that the answers pile up.
        for (ushort stream = 18; stream <= 80; stream++)
        {
            await circuit.SendAsync(Lane.Data, MessageType.Open, stream, [(byte)ServiceId.Store, 0]);
        }

        await circuit.EndsAsync();
        Assert.Equal(1, rig.Relays[0].Context.Counters[CloseReason.ResourceLimit]);
        await EndAsync(rig, link);
    }

    [Fact]
    public async Task A_reset_may_come_before_its_open()
    {
        await using var rig = new RelayRig(1);
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        using var circuit = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id, 1));
        await circuit.SendAsync(Lane.Control, MessageType.Reset, 1, []);
        await circuit.SendAsync(Lane.Data, MessageType.Open, 1, [(byte)ServiceId.Store, 0]);
        await circuit.SendAsync(Lane.Data, MessageType.Data, 1, new byte[5]);
        await circuit.SendAsync(Lane.Data, MessageType.Open, 2, [(byte)ServiceId.Store, 0]);
        await circuit.SendAsync(Lane.Data, MessageType.Data, 2, [42]);

        var answer = (await circuit.ReceiveAsync())!.Value;

        Assert.Equal((MessageType.Data, (ushort)2), (answer.Type, answer.Stream));
        Assert.Equal([42], answer.Data);
        await EndAsync(rig, link);
    }

    [Fact]
    public async Task Cells_beyond_the_credit_close_the_circuit()
    {
        await using var rig = new RelayRig(1, RelayRig.Wide);
        var (link, circuit, _) = await ExtendToDeafAsync(rig, 1);
        using var owned = circuit;

        // What the next hop takes is granted again, a window waits, and no window is wider than 512.
        for (int count = 0; count < 1_100; count++)
        {
            circuit.Send(circuit.ComposeFor(1, Lane.Data));
        }

        await circuit.EndsAsync();
        Assert.Equal(1, rig.Relays[0].Context.Counters[CloseReason.CreditExceeded]);
        await EndAsync(rig, link);
    }

    [Fact]
    public async Task Cells_beyond_a_branchs_grant_close_the_branch_only()
    {
        await using var rig = new RelayRig(1, RelayRig.Wide);
        var (link, circuit, _) = await ExtendToDeafAsync(rig, 3);
        using var owned = circuit;
        for (int count = 0; count < 200; count++)
        {
            await circuit.SendAsync(Lane.Data, circuit.ComposeFor(1, Lane.Data));
        }

        (MessageType Type, ushort Stream, byte[] Data) message;
        do
        {
            message = (await circuit.ReceiveAsync())!.Value;
        }
        while (message.Type == MessageType.BranchCredit);

        Assert.Equal(MessageType.BranchClosed, message.Type);
        Assert.Equal([0, 1], message.Data);
        Assert.Equal(1, rig.Relays[0].Context.Counters[CloseReason.CreditExceeded]);
        await circuit.SendAsync(Lane.Data, MessageType.Open, 1, [(byte)ServiceId.Store, 0]);
        await circuit.SendAsync(Lane.Data, MessageType.Data, 1, [1]);
        Assert.Equal(MessageType.Data, (await circuit.ReceiveAsync())!.Value.Type);
        await EndAsync(rig, link);
    }

    [Fact]
    public async Task Control_cells_that_a_branch_does_not_take_close_the_branch_only()
    {
        await using var rig = new RelayRig(1, RelayRig.Wide);
        var (link, circuit, _) = await ExtendToDeafAsync(rig, 3);
        using var owned = circuit;
        for (int count = 0; count < 120; count++)
        {
            await circuit.SendAsync(Lane.Control, circuit.ComposeFor(1, Lane.Control));
        }

        Assert.Equal(MessageType.BranchClosed, (await circuit.ReceiveAsync())!.Value.Type);
        await EndAsync(rig, link);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Cells_into_a_branch_that_has_not_answered_close_the_circuit_not_the_link(int position)
    {
        await using var rig = new RelayRig(1);
        var silent = rig.NewPlace();
        var listener = await rig.Transport.BindAsync(silent.Address.EndPoint, RelayRig.Token);
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        using var circuit = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id, position));
        await circuit.SendAsync(Lane.Control, MessageType.Extend, 0, Extend(1, silent));
        await circuit.SendAsync(Lane.Data, circuit.ComposeFor(1, Lane.Data));

        await circuit.EndsAsync();

        Assert.Equal(1, rig.Relays[0].Context.Counters[CloseReason.Unexpected]);
        Assert.NotNull(await listener.AcceptAsync(RelayRig.Token));
        await EndAsync(rig, link);
    }

    [Fact]
    public async Task Extending_and_closing_in_a_flood_piles_nothing_up()
    {
        await using var rig = new RelayRig(1, RelayRig.Wide);
        var silent = rig.NewPlace();
        await rig.Transport.BindAsync(silent.Address.EndPoint, RelayRig.Token);
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        using var circuit = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id, 3));
        var relay = rig.Relays[0].Context;
        for (ushort branch = 1; branch <= 300; branch++)
        {
            await circuit.SendAsync(Lane.Control, MessageType.Extend, 0, Extend(branch, silent));
            var number = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(number, branch);
            await circuit.SendAsync(Lane.Control, MessageType.CloseBranch, 0, number);
            Assert.Equal(MessageType.BranchClosed, (await circuit.ReceiveAsync())!.Value.Type);
            link.Send(Grant(0, 2));
        }

        // The link of the client, the listener, one attempt at the silent relay; no extension is left.
        await Eventually.HoldsAsync(() => relay.Scope.Count <= 3, "extensions that were given up end");
        Assert.Equal(80, relay.ReservedCells);
        await EndAsync(rig, link);
    }

    [Fact]
    public async Task A_branch_that_closes_while_its_link_is_made_leaves_nothing_at_the_next_relay()
    {
        await using var rig = new RelayRig(2, RelayRig.Wide);
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        using var circuit = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id, 3));
        for (ushort branch = 1; branch <= 50; branch++)
        {
            var number = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(number, branch);
            await circuit.SendAsync(Lane.Control, MessageType.Extend, 0, Extend(branch, rig.Relays[1].Place));
            await circuit.SendAsync(Lane.Control, MessageType.CloseBranch, 0, number);
            // The handshake is none: whether its refusal comes first, or the end that was asked for, is chance.
            while ((await circuit.ReceiveAsync())!.Value.Type
                is not (MessageType.BranchClosed or MessageType.ExtendFailed))
            {
                link.Send(Grant(0, 1));
            }

            link.Send(Grant(0, 2));
        }

        await Eventually.HoldsAsync(() => rig.Relays[1].Switch.Count == 0, "no circuit is left");
        Assert.Equal(0, rig.Relays[0].Links.Counters[CloseReason.Unexpected]);
        Assert.Equal(0, rig.Relays[1].Links.Counters[CloseReason.Unexpected]);
        await EndAsync(rig, link);
    }

    [Fact]
    public async Task Requests_whose_answers_are_not_taken_close_the_circuit()
    {
        await using var rig = new RelayRig(1);
        var nobody = rig.NewPlace();
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        using var circuit = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id, 3));
        for (ushort branch = 1; branch <= 200; branch++)
        {
            await circuit.SendAsync(Lane.Control, MessageType.Extend, 0, Extend(branch, nobody));
        }

        await circuit.EndsAsync();
        Assert.Equal(1, rig.Relays[0].Context.Counters[CloseReason.ResourceLimit]);
        await EndAsync(rig, link);
    }

    private static byte[] Extend(ushort branch, RelayPlace to) => new ExtendRequest(
        new BranchId(branch), to.Id, to.Hop.OnionKeyId, Noise(
            HopHandshake.FirstBytes)).ToBytes();

    private static byte[] Grant(ushort data, ushort control)
    {
        var cell = new byte[CellLayout.CellBytes];
        CreditBody.Write(cell, [new CreditGrant(new CircuitId(Id), data, control)]);
        return cell;
    }

    // The next hop answers CREATE and then nothing: it grants no credit.
    private static async Task<(RawLink Link, RawCircuit Circuit, TamperingRelay Deaf)> ExtendToDeafAsync(
        RelayRig rig,
        int position)
    {
        var place = rig.NewPlace();
        var deaf = await TamperingRelay.StartAsync(rig, place, null);
        var link = await RawLink.OpenAsync(rig, rig.Relays[0].Place);
        var circuit = await RawCircuit.CreateAsync(rig, link, rig.Relays[0].Place, (Id, position));
        using var handshake = HopHandshake.Initiate(rig.Network, place.Hop, position + 1, rig.Secrets);
        var message = new byte[HopHandshake.FirstBytes];
        handshake.WriteMessage([], message);
        var request = new ExtendRequest(new BranchId(1), place.Id, place.Hop.OnionKeyId, message);
        await circuit.SendAsync(Lane.Control, MessageType.Extend, 0, request.ToBytes());
        Assert.Equal(MessageType.Extended, (await circuit.ReceiveAsync())!.Value.Type);
        deaf.IsDeaf = true;
        return (link, circuit, deaf);
    }

    private static async Task ClosesAsync(RelayRig rig, RawLink link, CloseReason reason)
    {
        await link.Running;
        await Eventually.HoldsAsync(() => rig.Relays[0].Links.Counters[reason] == 1, "it is counted");
        Assert.Empty(rig.Faults);
    }

    private static async Task EndAsync(RelayRig rig, RawLink link)
    {
        Assert.Equal(CloseReason.None, link.Link.ClosedBy);
        link.Link.Close(CloseReason.Done);
        await link.Running;
        await Eventually.HoldsAsync(() => rig.Relays.All(relay => relay.Switch.Count == 0),
            "circuits end with the link");
        await Eventually.HoldsAsync(() => rig.Relays.All(relay => relay.Context.ReservedCells == 0),
            "cells are given back");
        Assert.Empty(rig.Faults);
    }

    private static byte[] Noise(int bytes)
    {
        var noise = new byte[bytes];
        new Veil.Wire.Seams.SystemDecisionSource().Fill(noise);
        return noise;
    }
}

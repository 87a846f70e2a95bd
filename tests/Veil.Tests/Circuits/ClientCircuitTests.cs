using System.IO.Pipelines;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Tests.Rig;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Circuits;

public sealed class ClientCircuitTests
{
    [Fact]
    public async Task Bytes_pass_three_hops_and_a_branch_and_come_back()
    {
        await using var rig = new RelayRig(4);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var branch = await circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token);

        var sent = Pattern(3_000_001);
        Assert.Equal(sent, await ExchangeAsync(branch.Open(ServiceId.Store), sent));

        circuit.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_last_hop_serves_streams_itself(int hops)
    {
        await using var rig = new RelayRig(hops);
        using var circuit = await rig.BuildAsync([.. Enumerable.Range(0, hops)]);

        var sent = Pattern(100_000);
        Assert.Equal(sent, await ExchangeAsync(circuit.Open(ServiceId.Store), sent));

        circuit.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Fact]
    public async Task Many_branches_with_several_streams_each_run_at_once()
    {
        await using var rig = new RelayRig(11);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var branches = await Task.WhenAll(
            rig.Relays.Skip(3).Select(relay => circuit.BranchAsync(relay.Hop, RelayRig.Token)));

        var sent = Pattern(150_000);
        var received = await Task.WhenAll(branches.SelectMany(branch =>
            Enumerable.Range(0, 4).Select(_ => ExchangeAsync(branch.Open(ServiceId.Store), sent))));

        Assert.All(received, bytes => Assert.Equal(sent, bytes));
        circuit.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Fact]
    public async Task Closing_one_branch_leaves_the_others_alone()
    {
        await using var rig = new RelayRig(5);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var first = await circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token);
        var second = await circuit.BranchAsync(rig.Relays[4].Hop, RelayRig.Token);
        Assert.Equal(1, rig.Relays[3].Switch.Count);

        first.Close();

        await Eventually.HoldsAsync(() => rig.Relays[3].Switch.Count == 0, "the branch's end learns of its end");
        Assert.Equal(1, circuit.BranchCount);
        Assert.Throws<StreamResetException>(() => first.Open(ServiceId.Store));
        var sent = Pattern(10_000);
        Assert.Equal(sent, await ExchangeAsync(second.Open(ServiceId.Store), sent));
    }

    [Fact]
    public async Task A_branch_whose_end_goes_away_closes_and_the_trunk_lives()
    {
        await using var rig = new RelayRig(5);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var branch = await circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token);

        await rig.Relays[3].Links.DisposeAsync();

        await Eventually.HoldsAsync(() => branch.IsClosed, "the client learns of the branch's end");
        Assert.False(circuit.IsClosed);
        var other = await circuit.BranchAsync(rig.Relays[4].Hop, RelayRig.Token);
        var sent = Pattern(10_000);
        Assert.Equal(sent, await ExchangeAsync(other.Open(ServiceId.Store), sent));
        other.Close();
        circuit.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_trunk_whose_relay_goes_away_closes_everywhere(int gone)
    {
        await using var rig = new RelayRig(4);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var branch = await circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token);
        var reading = branch.Open(ServiceId.Store).Input.ReadAsync(RelayRig.Token);

        await rig.Relays[gone].Links.DisposeAsync();

        var fault = await Assert.ThrowsAsync<StreamResetException>(async () => await reading);
        Assert.Equal(CloseReason.PeerClosed, fault.Reason);
        await Eventually.HoldsAsync(() => circuit.IsClosed && branch.IsClosed,
            "the client learns of the circuit's end");
        await rig.BecomesIdleAsync();
    }

    [Fact]
    public async Task Extending_to_an_unlisted_relay_fails_and_the_trunk_lives()
    {
        await using var rig = new RelayRig(4);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var nobody = rig.Relays[3].Hop with { Relay = new RelayId(new Bytes32([.. Enumerable.Repeat((byte)9, 32)])) };

        var fault = await Assert.ThrowsAsync<CircuitFailedException>(() => circuit.BranchAsync(nobody, RelayRig.Token));

        Assert.Equal(CloseReason.UnknownRelay, fault.Reason);
        Assert.Equal(nobody.Relay, fault.Relay);
        await LivesAsync(rig, circuit);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public async Task Extending_to_the_hop_itself_or_back_fails_and_the_trunk_lives(int to)
    {
        await using var rig = new RelayRig(4);
        using var circuit = await rig.BuildAsync(0, 1, 2);

        var fault = await Assert.ThrowsAsync<CircuitFailedException>(
            () => circuit.BranchAsync(rig.Relays[to].Hop, RelayRig.Token));

        Assert.Equal(CloseReason.UnknownRelay, fault.Reason);
        await LivesAsync(rig, circuit);
    }

    [Fact]
    public async Task Extending_to_a_relay_that_is_down_fails_and_the_trunk_lives()
    {
        await using var rig = new RelayRig(4);
        var down = rig.NewPlace();
        using var circuit = await rig.BuildAsync(0, 1, 2);

        var fault = await Assert.ThrowsAsync<CircuitFailedException>(() => circuit.BranchAsync(down.Hop,
            RelayRig.Token));

        Assert.Equal(CloseReason.UnknownRelay, fault.Reason);
        await LivesAsync(rig, circuit);
    }

    [Fact]
    public async Task A_wrong_onion_key_is_refused_and_the_trunk_lives()
    {
        await using var rig = new RelayRig(4);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var target = rig.Relays[3].Hop with { OnionKey = rig.Relays[2].Hop.OnionKey };

        await Assert.ThrowsAsync<CircuitFailedException>(() => circuit.BranchAsync(target, RelayRig.Token));
        await Assert.ThrowsAsync<CircuitFailedException>(
            () => circuit.BranchAsync(rig.Relays[3].Hop with { OnionKeyId = 77 }, RelayRig.Token));

        await LivesAsync(rig, circuit);
    }

    [Fact]
    public async Task An_onion_key_of_small_order_is_the_relays_fault()
    {
        await using var rig = new RelayRig(4);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var target = rig.Relays[3].Hop with { OnionKey = default };

        var fault = await Assert.ThrowsAsync<CircuitFailedException>(() => circuit.BranchAsync(target, RelayRig.Token));

        Assert.Equal(target.Relay, fault.Relay);
        await LivesAsync(rig, circuit);
    }

    [Fact]
    public async Task A_guard_that_cannot_be_reached_is_named()
    {
        await using var rig = new RelayRig(1);
        var down = rig.NewPlace();

        var fault = await Assert.ThrowsAsync<CircuitFailedException>(() => rig.BuildAsync(down));

        Assert.Equal(CloseReason.ConnectionFailed, fault.Reason);
        Assert.Equal(down.Id, fault.Relay);
        Assert.Equal(1, rig.ClientLinks.Counters[CloseReason.ConnectionFailed]);
    }

    [Fact]
    public async Task More_branches_than_allowed_fail_at_once_and_the_trunk_lives()
    {
        await using var rig = new RelayRig(6, new CircuitOptions { MaxBranches = 2 });
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var first = await circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token);
        await circuit.BranchAsync(rig.Relays[4].Hop, RelayRig.Token);

        var fault = await Assert.ThrowsAsync<CircuitFailedException>(
            () => circuit.BranchAsync(rig.Relays[5].Hop, RelayRig.Token));

        Assert.Equal(CloseReason.ResourceLimit, fault.Reason);
        first.Close();
        await circuit.BranchAsync(rig.Relays[5].Hop, RelayRig.Token);
        Assert.False(circuit.IsClosed);
    }

    [Fact]
    public async Task A_budget_that_is_spent_refuses_circuits_and_gives_nothing_away()
    {
        // Room for the client's leg, but not for a second one.
        await using var rig = new RelayRig(2, RelayRig.WithMemory(5));
        using var one = await rig.BuildAsync(0);

        var fault = await Assert.ThrowsAsync<CircuitFailedException>(() => rig.BuildAsync(1));

        Assert.Equal(CloseReason.ResourceLimit, fault.Reason);
        Assert.Null(fault.Relay);
        Assert.Equal(3, rig.Client.ReservedCells);
        one.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Fact]
    public async Task Cancelled_building_leaves_nothing_behind()
    {
        await using var rig = new RelayRig(1);
        var silent = rig.NewPlace();
        await rig.Transport.BindAsync(silent.Address.EndPoint, RelayRig.Token);
        using var giveUp = new CancellationTokenSource();

        var building = ClientCircuit.BuildAsync(rig.Client, rig.ClientLinks, silent.Address, [silent.Hop],
            giveUp.Token);
        giveUp.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => building);
        Assert.Equal(0, rig.Client.ReservedCells);
    }

    internal static byte[] Pattern(int bytes)
    {
        var pattern = new byte[bytes];
        for (int index = 0; index < bytes; index++)
        {
            pattern[index] = (byte)(index % 251);
        }

        return pattern;
    }

    internal static async Task<byte[]> ExchangeAsync(CircuitStream stream, byte[] sent)
    {
        var writing = WriteAsync(stream, sent);
        using var received = new MemoryStream();
        await stream.Input.CopyToAsync(received, RelayRig.Token);
        await writing;
        await stream.Input.CompleteAsync();
        return received.ToArray();
    }

    private static async Task LivesAsync(RelayRig rig, ClientCircuit circuit)
    {
        var branch = await circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token);
        var sent = Pattern(5_000);
        Assert.Equal(sent, await ExchangeAsync(branch.Open(ServiceId.Store), sent));
        Assert.Equal(1, circuit.BranchCount);
        circuit.Dispose();
        await rig.BecomesIdleAsync();
    }

    private static async Task WriteAsync(CircuitStream stream, byte[] sent)
    {
        for (int offset = 0; offset < sent.Length; offset += 50_000)
        {
            await stream.Output.WriteAsync(sent.AsMemory(offset, Math.Min(50_000, sent.Length - offset)));
        }

        await stream.Output.CompleteAsync();
    }
}

using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Cells;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>One relay of a path alters cells (spec/cell.md, section 3): who notices, and what it costs.</summary>
public sealed class TamperingTests
{
    public static TheoryData<int, int> Places { get; } = MakePlaces();

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_cell_altered_forward_is_caught_by_the_next_hop(int tamperer, int at)
    {
        await using var rig = new RelayRig(4, RelayRig.Wide);
        var (relay, circuit, branch) = await BuildAsync(rig, tamperer);
        await PingAsync(branch);

        relay.Alters = (null, at);
        var stream = branch.Open(ServiceId.Store);

        await Assert.ThrowsAsync<StreamResetException>(async () => await stream.Input.ReadAsync(RelayRig.Token));

        // The third hop's next is the branch's end; before it, the circuit itself ends.
        await Eventually.HoldsAsync(() => tamperer == 2 ? branch.IsClosed : circuit.IsClosed, "it is closed");
        var catcher = rig.Relays[tamperer + 1].Context.Counters;
        await Eventually.HoldsAsync(
            () => catcher[CloseReason.AuthenticationFailed] + catcher[CloseReason.Malformed] == 1, "it is counted");
        circuit.Dispose();
        Assert.Empty(rig.Faults);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_cell_altered_backward_is_caught_by_the_client(int tamperer, int at)
    {
        await using var rig = new RelayRig(4, RelayRig.Wide);
        var (relay, circuit, branch) = await BuildAsync(rig, tamperer);
        await PingAsync(branch);

        relay.Alters = (at, null);
        var stream = branch.Open(ServiceId.Store);
        await stream.Output.WriteAsync(new byte[10], RelayRig.Token);

        var fault = await Assert.ThrowsAsync<StreamResetException>(
            async () => await stream.Input.ReadAsync(RelayRig.Token));
        Assert.Equal(CloseReason.AuthenticationFailed, fault.Reason);
        if (tamperer == 2)
        {
            // The layer inside is the store's: it could as well have been the store.
            Assert.True(branch.IsClosed);
            Assert.False(circuit.IsClosed);
        }
        else
        {
            await Eventually.HoldsAsync(() => circuit.ClosedBy == CloseReason.AuthenticationFailed, "it is closed");
        }

        circuit.Dispose();
        Assert.Empty(rig.Faults);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    public async Task Garbage_from_a_relay_of_the_trunk_closes_the_circuit(int tamperer, byte lane)
    {
        await using var rig = new RelayRig(4, RelayRig.Wide);
        var (relay, circuit, branch) = await BuildAsync(rig, tamperer);
        await PingAsync(branch);

        await relay.SendGarbageAsync((Lane)lane);

        await Eventually.HoldsAsync(() => circuit.IsClosed, "the client closes the circuit");
        Assert.Equal(CloseReason.AuthenticationFailed, circuit.ClosedBy);
        Assert.Empty(rig.Faults);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Garbage_from_a_store_closes_its_branch_only(byte lane)
    {
        await using var rig = new RelayRig(4, RelayRig.Wide);
        var place = rig.NewPlace();
        var store = await TamperingRelay.StartAsync(rig, place, null);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var good = await circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token);
        var bad = await circuit.BranchAsync(place.Hop, RelayRig.Token);

        await store.SendGarbageAsync((Lane)lane);

        await Eventually.HoldsAsync(() => bad.IsClosed, "the branch is closed");
        await PingAsync(good);
        Assert.False(circuit.IsClosed);
        Assert.Empty(rig.Faults);
    }

    private static TheoryData<int, int> MakePlaces()
    {
        var data = new TheoryData<int, int>();
        for (int tamperer = 0; tamperer < 3; tamperer++)
        {
            // First byte, one in the middle, the last byte of the tag that the next hop opens.
            data.Add(tamperer, 0);
            data.Add(tamperer, 1_000);
            data.Add(tamperer, CellLayout.CiphertextBytes(tamperer + 2) - 1);
        }

        return data;
    }

    private static async Task<(TamperingRelay Relay, ClientCircuit Circuit, ClientBranch Branch)> BuildAsync(
        RelayRig rig,
        int tamperer)
    {
        var places = rig.Relays.Select(relay => relay.Place).ToArray();
        places[tamperer] = rig.NewPlace();
        var relay = await TamperingRelay.StartAsync(rig, places[tamperer], places[tamperer + 1]);
        var circuit = await rig.BuildAsync(places[0], places[1], places[2]);
        return (relay, circuit, await circuit.BranchAsync(places[3].Hop, RelayRig.Token));
    }

    private static async Task PingAsync(ClientBranch branch)
    {
        var sent = ClientCircuitTests.Pattern(3_000);
        Assert.Equal(sent, await ClientCircuitTests.ExchangeAsync(branch.Open(ServiceId.Store), sent));
    }
}

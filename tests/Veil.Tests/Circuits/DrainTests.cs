using Veil.Circuits.Client;
using Veil.Wire;
using Veil.Wire.Cells;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>A relay that stops (spec/circuit.md, section 5).</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task A_circuit_may_go_on_until_it_ends_and_no_new_one_begins()
    {
        await using var rig = new RelayRig(1);
        var circuit = await rig.BuildAsync(0);
        var draining = rig.Relays[0].Switch.DrainAsync(TimeSpan.FromHours(1), RelayRig.Token);

        await Assert.ThrowsAsync<CircuitFailedException>(() => rig.BuildAsync(0));
        var sent = ClientCircuitTests.Pattern(5_000);
        Assert.Equal(sent, await ClientCircuitTests.ExchangeAsync(circuit.Open(ServiceId.Store), sent));
        Assert.False(draining.IsCompleted);

        circuit.Dispose();
        await draining;
        Assert.Equal(0, rig.Relays[0].Switch.Count);
        Assert.Equal(1, rig.Relays[0].Context.Counters[CloseReason.Stopping]);
    }

    [Fact]
    public async Task When_the_time_is_over_or_nobody_wants_to_wait_circuits_end_with_the_links()
    {
        foreach (bool hurry in new[] { false, true })
        {
            await using var rig = new RelayRig(1);
            using var circuit = await rig.BuildAsync(0);
            using var hurrying = new CancellationTokenSource();
            var limit = hurry ? TimeSpan.FromHours(1) : TimeSpan.Zero;
            var draining = rig.Relays[0].Switch.DrainAsync(limit, hurrying.Token);
            if (hurry)
            {
                hurrying.Cancel();
            }

            await draining;
            await Veil.Tests.Rig.Eventually.HoldsAsync(() => circuit.IsClosed, "the client learns it");
        }
    }
}

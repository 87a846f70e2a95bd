using Veil.Circuits.Client;
using Veil.Directory.Paths;
using Veil.Tests.Rig;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>Trunks of a group that publishes stand before its first branch (spec/circuit.md, section 6).</summary>
public sealed class TrunkPreparingTests
{
    private readonly TrunkOptions _options = new();

    [Fact]
    public async Task All_that_a_group_spreads_over_stand_and_who_asks_again_gets_no_more()
    {
        var time = RiggedView.Time();
        await using var rig = new RelayRig(8, time: time);
        using var pool = Pool(rig, time, known: true);
        await Task.WhenAll(Enumerable.Range(0, 5)
            .Select(_ => pool.PrepareAsync("group", TrunkPurpose.Publish, TestContext.Current.CancellationToken)));
        Assert.Equal(3 * _options.Spread, Circuits(rig));

        await pool.PrepareAsync("group", TrunkPurpose.Publish, TestContext.Current.CancellationToken);
        Assert.Equal(3 * _options.Spread, Circuits(rig));
        await pool.PrepareAsync("another", TrunkPurpose.Publish, TestContext.Current.CancellationToken);
        Assert.Equal(6 * _options.Spread, Circuits(rig));

        pool.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Fact]
    public async Task Without_a_path_nobody_waits()
    {
        var time = RiggedView.Time();
        await using var rig = new RelayRig(3, time: time);
        using var pool = Pool(rig, time, known: false);

        await pool.PrepareAsync("group", TrunkPurpose.Publish, TestContext.Current.CancellationToken);

        Assert.Equal(0, Circuits(rig));
    }

    // Of three hops each.
    private static int Circuits(RelayRig rig) => rig.Relays.Sum(relay => relay.Switch.Count);

    private TrunkPool Pool(RelayRig rig, ManualTime time, bool known) =>
        new(rig.Client, rig.ClientLinks, known ? RiggedView.Of(rig, time) : RiggedView.Empty(time), _options);
}

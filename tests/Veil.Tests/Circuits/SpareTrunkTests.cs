using Veil.Circuits.Client;
using Veil.Directory.Paths;
using Veil.Tests.Rig;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>Trunks that are built ahead of need (spec/circuit.md, section 6).</summary>
public sealed class SpareTrunkTests
{
    private static readonly HashSet<RelayId> _none = [];

    private readonly TrunkOptions _options = new();

    [Fact]
    public async Task After_the_first_use_three_with_different_third_hops_stand_ready_and_each_is_given_once()
    {
        var time = RiggedView.Time();
        await using var rig = new RelayRig(8, time: time);
        using var spares = Spares(rig, time);
        Assert.Null(spares.Take(TrunkPurpose.Fetch, _none, _none));
        await ReadyAsync(spares);

        var first = spares.Take(TrunkPurpose.Fetch, _none, _none);
        var second = spares.Take(TrunkPurpose.Fetch, _none, _none);

        var third = spares.Take(TrunkPurpose.Fetch, _none, _none);

        Trunk?[] taken = [first, second, third];
        Assert.All(taken, Assert.NotNull);
        Assert.Distinct(taken);
        Assert.Distinct(taken.Select(trunk => trunk!.Circuit.Path[^1]));
        await BecomesAsync(rig, circuits: 6);
        foreach (var trunk in taken) trunk!.Circuit.Dispose();
        spares.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Fact]
    public async Task None_is_given_that_passes_where_the_group_must_not_go()
    {
        var time = RiggedView.Time();
        await using var rig = new RelayRig(8, time: time);
        using var spares = Spares(rig, time);
        spares.Take(TrunkPurpose.Fetch, _none, _none);
        await ReadyAsync(spares);
        var everyone = rig.Relays.Select(relay => relay.Place.Id).ToHashSet();

        Assert.Null(spares.Take(TrunkPurpose.Fetch, everyone, _none));
        Assert.Null(spares.Take(TrunkPurpose.Fetch, _none, everyone));
        Assert.Null(spares.Take(TrunkPurpose.Publish, _none, _none));
        await ReadyAsync(spares);
        Assert.NotNull(spares.Take(TrunkPurpose.Fetch, _none, _none));
    }

    [Fact]
    public async Task In_a_network_with_one_exit_each_user_of_the_exit_gets_one_that_stands_ready()
    {
        var time = RiggedView.Time();
        await using var rig = new RelayRig(4, time: time);
        HashSet<RelayId> exit = [rig.Relays[^1].Place.Id];
        using var spares = Spares(rig, time, exits: 1);
        Assert.Null(spares.Take(TrunkPurpose.Interactive, exit, _none));

        for (var user = 0; user < 8; user++)
        {
            await ReadyAsync(spares, TrunkPurpose.Interactive);
            var trunk = spares.Take(TrunkPurpose.Interactive, exit, _none);
            Assert.NotNull(trunk);
            trunk.Circuit.Dispose();
        }
    }

    [Fact]
    public async Task Old_ones_are_replaced_for_an_hour_after_the_last_use()
    {
        var time = RiggedView.Time();
        await using var rig = new RelayRig(8, time: time);
        using var spares = Spares(rig, time);
        spares.Take(TrunkPurpose.Fetch, _none, _none);
        await ReadyAsync(spares);

        time.Advance(_options.MaxAge / 2);
        Assert.Null(spares.Take(TrunkPurpose.Fetch, _none, _none));
        spares.Sweep();
        await ReadyAsync(spares);
        var fresh = spares.Take(TrunkPurpose.Fetch, _none, _none);
        Assert.NotNull(fresh);
        fresh.Circuit.Dispose();
        await ReadyAsync(spares);

        time.Advance(_options.SparesAfterUse);
        spares.Sweep();
        await BecomesAsync(rig, circuits: 0);
    }

    private static Task ReadyAsync(SpareTrunks spares, TrunkPurpose purpose = TrunkPurpose.Fetch) =>
        Eventually.HoldsAsync(() => spares.Count(purpose) == 3, "three stand ready");

    // Of three hops each.
    private static Task BecomesAsync(RelayRig rig, int circuits) => Eventually.HoldsAsync(
        () => rig.Relays.Sum(relay => relay.Switch.Count) == 3 * circuits,
        $"{circuits} circuits");

    private SpareTrunks Spares(RelayRig rig, ManualTime time, int exits = 0) =>
        new(new TrunkBuilder(rig.Client, rig.ClientLinks, RiggedView.Of(rig, time, exits)), _options);
}

using Veil.Directory;
using Veil.Directory.Paths;
using Veil.Wire;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Directory;

public sealed class PathSelectorTests
{
    private static readonly DateTimeOffset Now = DirectoryRig.Network().StartOf(DirectoryRig.Epoch).AddMinutes(1);

    private static RelayEntry InFamily(RelayEntry entry, int family) =>
        entry with { Family = DirectoryRig.Filled(9, family) };

    private static PathResult Select(
        Consensus consensus, ulong seed, TrunkPurpose purpose, IReadOnlySet<RelayId>? excluded = null)
    {
        var decisions = new SeededDecisions(seed);
        var guards = new GuardSet(GuardRules.Default, decisions);
        var vanguards = new VanguardSet(decisions);
        guards.Refresh(consensus, Now);
        vanguards.Refresh(consensus, Now);
        var request = new PathRequest(purpose, Now) { Excluded = excluded ?? new HashSet<RelayId>() };
        return new PathSelector(consensus, decisions, consensus.Lab).Select(request, guards, vanguards);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Paths_never_repeat_a_relay_family_or_subnet(bool lab)
    {
        // Pairs share a family, and triples a /16 outside of the lab.
        var entries = Enumerable.Range(0, 30).Select(number => InFamily(DirectoryRig.Entry(number), number / 2) with
        {
            Address = DirectoryRig.Address($"20.{number / 3}.{number}.1:4000"),
        });
        var consensus = DirectoryRig.ConsensusOf(entries, lab);
        for (ulong seed = 0; seed < 300; seed++)
        {
            var purpose = (TrunkPurpose)(seed % 3);
            var excluded = consensus.Relays.Where((_, index) => index % 7 == (int)(seed % 7))
                .Select(entry => entry.Identity).ToHashSet();
            var result = Select(consensus, seed, purpose, excluded);
            if (result.Path is null)
            {
                // Both guards may be among the excluded.
                Assert.Equal(PathFailure.NoGuard, result.Failure);
                continue;
            }

            var hops = result.Path.Hops;
            Assert.Equal(3, hops.DistinctBy(hop => hop.Identity).Count());
            Assert.Equal(3, hops.DistinctBy(hop => hop.Family).Count());
            Assert.True(lab || hops.DistinctBy(hop => hop.Address.Subnet).Count() == 3, $"seed {seed}");
            Assert.DoesNotContain(hops, hop => excluded.Contains(hop.Identity));
            Assert.True(result.Path.Guard.Has(RelayFlags.Guard));
        }
    }

    [Fact]
    public void Weighted_picks_follow_the_weights()
    {
        uint[] weights = [1, 2, 3, 4, 0, 10, 30, 50];
        var entries = weights.Select((weight, number) => weight > 0
            ? DirectoryRig.Entry(number, weight)
            : DirectoryRig.Entry(number, 0) with { Flags = RelayFlags.Store });
        var consensus = DirectoryRig.ConsensusOf(entries);
        var picker = new RelayPicker(consensus, new SeededDecisions(20261123));
        const int Picks = 100_000;
        var counts = new Dictionary<uint, int>();
        for (var pick = 0; pick < Picks; pick++)
        {
            var weight = picker.Pick(_ => true)!.Weight;
            counts[weight] = counts.GetValueOrDefault(weight) + 1;
        }

        Assert.False(counts.ContainsKey(0));
        foreach (var weight in weights.Where(weight => weight > 0))
        {
            // Five standard deviations of a binomial count.
            var expected = Picks * weight / 100.0;
            var tolerance = 5 * Math.Sqrt(expected * (1 - (weight / 100.0)));
            Assert.InRange(counts[weight], expected - tolerance, expected + tolerance);
        }
    }

    [Fact]
    public void A_rare_relay_is_found_and_the_scan_keeps_the_odds()
    {
        var entries = Enumerable.Range(0, 40).Select(number => DirectoryRig.Entry(number, number < 2 ? 1u + (uint)number
            : 1_000_000u));
        var consensus = DirectoryRig.ConsensusOf(entries);
        var picker = new RelayPicker(consensus, new SeededDecisions(5));
        var heavier = 0;
        for (var pick = 0; pick < 3000; pick++)
        {
            heavier += picker.Pick(entry => entry.Weight < 3)!.Weight == 2 ? 1 : 0;
        }

        Assert.InRange(heavier, 1870, 2130);
        Assert.Null(picker.Pick(_ => false));
    }

    [Fact]
    public void Second_hops_of_publishing_trunks_come_from_the_set()
    {
        var consensus = DirectoryRig.ConsensusOf(Enumerable.Range(0, 40).Select(number => DirectoryRig.Entry(number)));
        var decisions = new SeededDecisions(3);
        var guards = new GuardSet(GuardRules.Default, decisions);
        var vanguards = new VanguardSet(decisions);
        guards.Refresh(consensus, Now);
        vanguards.Refresh(consensus, Now);
        var selector = new PathSelector(consensus, decisions, lab: true);
        var set = vanguards.Export().Select(record => record.Relay).ToHashSet();
        var seconds = new Dictionary<TrunkPurpose, HashSet<RelayId>>();
        foreach (var purpose in Enum.GetValues<TrunkPurpose>())
        {
            seconds[purpose] = [.. Enumerable.Range(0, 200)
                .Select(_ => selector.Select(new PathRequest(purpose, Now), guards, vanguards).Path!.Second.Identity)];
        }

        Assert.Equal(VanguardSet.Size, set.Count);
        Assert.Subset(set, seconds[TrunkPurpose.Publish]);
        Assert.True(seconds[TrunkPurpose.Interactive].Count > 20);
        Assert.True(seconds[TrunkPurpose.Fetch].Count > 20);
    }

    [Fact]
    public void Interactive_trunks_use_the_first_guard_and_bulk_uses_both()
    {
        var consensus = DirectoryRig.ConsensusOf(Enumerable.Range(0, 40).Select(number => DirectoryRig.Entry(number)));
        var decisions = new SeededDecisions(4);
        var guards = new GuardSet(GuardRules.Default, decisions);
        var vanguards = new VanguardSet(decisions);
        guards.Refresh(consensus, Now);
        vanguards.Refresh(consensus, Now);
        var selector = new PathSelector(consensus, decisions, lab: true);
        HashSet<RelayId> GuardsOf(PathRequest request) => [.. Enumerable.Range(0, 60)
            .Select(_ => selector.Select(request, guards, vanguards).Path!.Guard.Identity)];
        var order = guards.Export().Select(record => record.Relay).ToList();

        Assert.Equal([order[0]], GuardsOf(new PathRequest(TrunkPurpose.Interactive, Now)));
        Assert.Equal(order.ToHashSet(), GuardsOf(new PathRequest(TrunkPurpose.Fetch, Now)));
        // A store that is the first guard is reached through the second.
        var toGuard = new PathRequest(TrunkPurpose.Interactive, Now) { Excluded = new HashSet<RelayId> { order[0] } };
        Assert.Equal([order[1]], GuardsOf(toGuard));
    }

    [Fact]
    public void Without_a_path_the_reason_is_named()
    {
        var two = DirectoryRig.ConsensusOf([DirectoryRig.Entry(0), DirectoryRig.Entry(1)]);
        Assert.Equal(PathFailure.TooFewRelays, Select(two, 1, TrunkPurpose.Fetch).Failure);

        var family = DirectoryRig.ConsensusOf(
            Enumerable.Range(0, 5).Select(number => InFamily(DirectoryRig.Entry(number), 1)));
        Assert.Equal(PathFailure.NoSecondHop, Select(family, 1, TrunkPurpose.Fetch).Failure);

        var pair = DirectoryRig.ConsensusOf(
            Enumerable.Range(0, 6).Select(number => InFamily(DirectoryRig.Entry(number), number % 2)));
        Assert.Equal(PathFailure.NoThirdHop, Select(pair, 1, TrunkPurpose.Fetch).Failure);
        Assert.Equal(PathFailure.NoThirdHop, Select(pair, 1, TrunkPurpose.Publish).Failure);

        var old = DirectoryRig.ConsensusOf(
            Enumerable.Range(0, 6).Select(number => DirectoryRig.Entry(number)), epoch: DirectoryRig.Epoch - 4);
        Assert.Equal(PathFailure.NoLiveConsensus, Select(old, 1, TrunkPurpose.Fetch).Failure);
        Assert.All(Enum.GetValues<PathFailure>(), failure => Assert.NotEmpty(new PathResult(null, failure).Explain()));
    }

    [Fact]
    public void Three_relays_are_enough_for_a_path()
    {
        var consensus = DirectoryRig.ConsensusOf(Enumerable.Range(0, 3).Select(number => DirectoryRig.Entry(number)));
        for (ulong seed = 0; seed < 50; seed++)
        {
            Assert.All(
                Enum.GetValues<TrunkPurpose>(), purpose => Assert.NotNull(Select(consensus, seed, purpose).Path));
        }
    }
}

using Veil.Directory;
using Veil.Directory.Paths;
using Veil.Wire;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Directory;

/// <summary>Trunks that publish pass no store where the network can do without (spec/directory.md, section
/// 6).</summary>
public sealed class StoreFreeRelaysTests
{
    private const int Free = 12;

    private static readonly DateTimeOffset Now = DirectoryRig.Network().StartOf(DirectoryRig.Epoch).AddMinutes(1);

    private readonly HashSet<RelayId> _none = [];

    [Fact]
    public void Trunks_that_publish_pass_no_store_and_others_do()
    {
        var consensus = DirectoryRig.ConsensusOf(DirectoryRig.Relays(Free, 40));
        Assert.True(consensus.PublishesPastStores);
        HashSet<RelayId> reading = [];
        for (ulong seed = 0; seed < 300; seed++)
        {
            Client client = new(consensus, seed);
            var path = client.Select(TrunkPurpose.Publish, _none).Path!;
            Assert.False(path.Second.Has(RelayFlags.Store), $"seed {seed}");
            Assert.False(path.Third.Has(RelayFlags.Store), $"seed {seed}");
            reading.UnionWith(client.Select(TrunkPurpose.Fetch, _none).Path!.Hops
                .Where(hop => hop.Has(RelayFlags.Store)).Select(hop => hop.Identity));
        }

        Assert.Equal(28, reading.Count);
    }

    [Fact]
    public void Rather_no_path_than_one_over_a_store()
    {
        var consensus = DirectoryRig.ConsensusOf(DirectoryRig.Relays(Free, 40).Select(entry => entry with
        {
            Flags = entry.Has(RelayFlags.Store) ? entry.Flags : RelayFlags.Relay,
        }));
        Client client = new(consensus, 1);
        var excluded = consensus.Relays.Where(entry => !entry.Has(RelayFlags.Store))
            .Select(entry => entry.Identity)
            .Except(client.Vanguards.Export().Select(record => record.Relay))
            .ToHashSet();

        // Its four second hops are left, and they do as third hops for each other.
        for (var count = 4; count > 1; count--)
        {
            var path = client.Select(TrunkPurpose.Publish, excluded).Path!;
            Assert.DoesNotContain([path.Second, path.Third], hop => hop.Has(RelayFlags.Store));
            excluded.Add(path.Third.Identity);
        }

        Assert.Equal(PathFailure.NoThirdHop, client.Select(TrunkPurpose.Publish, excluded).Failure);
        Assert.NotNull(client.Select(TrunkPurpose.Fetch, excluded).Path);
    }

    [Fact]
    public void Which_third_hops_are_drawn_does_not_tell_guards_and_second_hops()
    {
        var consensus = DirectoryRig.ConsensusOf(DirectoryRig.Relays(Free, 24)
            .Select((entry, number) => entry with
            {
                Flags = number < Free ? entry.Flags : entry.Flags & ~RelayFlags.Guard,
            }));
        Client client = new(consensus, 7);
        const int Draws = 12_000;
        var counts = Enumerable.Range(0, Draws)
            .CountBy(_ => client.Select(TrunkPurpose.Publish, _none).Path!.Third.Identity)
            .ToDictionary();

        // Five standard deviations; a guard that were never third behind itself would miss the half.
        const double Expected = (double)Draws / Free;
        Assert.Equal(Free, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, Expected - 160, Expected + 160));
        Assert.All(client.Guards.Export(), guard => Assert.True(counts.ContainsKey(guard.Relay)));
    }

    [Theory]
    [InlineData(10, 60, 1000, true)]
    [InlineData(10, 61, 1000, false)]
    [InlineData(9, 20, 1000, false)]
    [InlineData(10, 20, 200, true)]
    [InlineData(10, 20, 199, false)]
    public void It_takes_ten_and_a_sixth_of_the_weight(int free, int relays, int weight, bool holds)
    {
        var consensus = DirectoryRig.ConsensusOf(DirectoryRig.Relays(free, relays).Select(entry =>
            entry.Has(RelayFlags.Store) ? entry : entry with { Weight = (uint)weight }));

        Assert.Equal(holds, consensus.PublishesPastStores);
        var seeds = Enumerable.Range(0, 60).Select(seed => new Client(consensus, (ulong)seed)
            .Select(TrunkPurpose.Publish, _none).Path!);
        Assert.Equal(!holds, seeds.Any(path => path.Third.Has(RelayFlags.Store) || path.Second.Has(RelayFlags.Store)));
    }

    [Fact]
    public void Those_of_one_family_or_subnet_count_once_and_those_without_weight_not_at_all()
    {
        Assert.False(Holds(entry => entry with { Family = DirectoryRig.Filled(9, 1) }, lab: true));
        Assert.False(Holds(entry => entry with { Address = Near(entry) }, lab: false));
        Assert.True(Holds(entry => entry with { Address = Near(entry) }, lab: true));
        Assert.False(Holds(entry => entry with { Weight = 0, Flags = RelayFlags.Exit }, lab: true));
        Assert.True(Holds(entry => entry, lab: false));
    }

    [Fact]
    public void A_second_hop_that_becomes_a_store_is_replaced()
    {
        RelayEntry[] network = [.. DirectoryRig.Relays(Free, 40)];
        Client client = new(DirectoryRig.ConsensusOf(network), 5);
        RelayId[] before = [.. client.Vanguards.Export().Select(record => record.Relay)];
        var later = DirectoryRig.ConsensusOf(
            network.Select(entry => entry.Identity == before[0]
                ? entry with { Flags = entry.Flags | RelayFlags.Store }
                : entry),
            epoch: DirectoryRig.Epoch + 1);

        Assert.True(later.PublishesPastStores);
        Assert.True(client.Vanguards.Refresh(later, Now));
        RelayId[] after = [.. client.Vanguards.Export().Select(record => record.Relay)];

        Assert.Equal(VanguardSet.Size, after.Length);
        Assert.Equal(before[1..], after[..3]);
        Assert.DoesNotContain(before[0], after);
    }

    private static bool Holds(Func<RelayEntry, RelayEntry> change, bool lab) => DirectoryRig.ConsensusOf(
        DirectoryRig.Relays(Free, 40).Select((entry, number) => number < 4 ? change(entry) : entry), lab)
        .PublishesPastStores;

    private static NetworkAddress Near(RelayEntry entry) =>
        DirectoryRig.Address($"99.1.{entry.WeightStart % 200}.1:4000");

    private sealed class Client
    {
        private readonly PathSelector _selector;

        internal Client(Consensus consensus, ulong seed)
        {
            SeededDecisions decisions = new(seed);
            Guards = new GuardSet(GuardRules.Default, decisions);
            Vanguards = new VanguardSet(decisions);
            Guards.Refresh(consensus, Now);
            Vanguards.Refresh(consensus, Now);
            _selector = new PathSelector(consensus, decisions, consensus.Lab);
        }

        internal GuardSet Guards { get; }

        internal VanguardSet Vanguards { get; }

        internal PathResult Select(TrunkPurpose purpose, IReadOnlySet<RelayId> excluded) =>
            _selector.Select(new PathRequest(purpose, Now) { Excluded = excluded }, Guards, Vanguards);
    }
}

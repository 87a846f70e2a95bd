using Veil.Content.Edge;
using Veil.Content.Publishing;
using Veil.Node;
using Veil.Simulation.Kernel;
using Veil.Simulation.Privacy.Watching;
using Veil.Wire;
using Xunit;

namespace Veil.Simulation.Tests.Privacy;

/// <summary>Requests of one object arrive over at least three trunks with different third hops (spec/circuit.md,
/// section 6), as the stores see them.</summary>
public sealed class TrunkSpreadTests
{
    private static readonly WatchedShape _shape = new(24, 12);

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 40_000)]
    [InlineData(3, 300_000)]
    [InlineData(4, 1_200_000)]
    public void Blocks_of_one_publication_come_over_three_trunks_and_third_hops(ulong seed, int bytes) =>
        Play(seed, async (kernel, network, user) =>
        {
            var (publication, references) = await PublishAsync(network, user, bytes);
            var sightings = network.Traffic.Take(references);
            var root = publication.Key.Capability.RootReference;

            AssertSpread(sightings);

            // The root's group is one of its own: none of its trunks carried anything else.
            StoreSighting[] ofRoot = [.. sightings.Where(sighting => sighting.Reference == root)];
            AssertSpread(ofRoot);
            Assert.Empty(ofRoot.Select(sighting => sighting.Branch.Trunk)
                .Intersect(sightings.Except(ofRoot).Select(sighting => sighting.Branch.Trunk)));
            Assert.True(ofRoot.Min(sighting => sighting.At) > sightings.Except(ofRoot).Max(sighting => sighting.At));
        });

    [Theory]
    [InlineData(5, 40_000)]
    [InlineData(6, 300_000)]
    [InlineData(7, 1_200_000)]
    public void Requests_of_one_fetch_come_over_three_trunks_and_third_hops(ulong seed, int bytes) =>
        Play(seed, async (kernel, network, user) => AssertSpread(await FetchAsync(network, user, bytes)));

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void The_two_requests_of_a_fetch_of_one_block_come_over_two_trunks(ulong seed) =>
        Play(seed, async (kernel, network, user) =>
        {
            var sightings = await FetchAsync(network, user, 100);

            // The manifest, and the block. Where one store has both, it sees both, whatever they come over.
            Assert.Equal(2, sightings.Count);
            var stores = sightings.Select(sighting => sighting.Store).Distinct().Count();
            Assert.Equal(stores, sightings.Select(sighting => sighting.Branch.Trunk).Distinct().Count());
            Assert.Equal(stores, sightings.Select(sighting => sighting.Branch.Third).Distinct().Count());
        });

    [Fact]
    public void Two_publications_and_two_fetches_of_one_user_share_no_trunk() => Play(11, async (_, network, user) =>
    {
        var (_, first) = await PublishAsync(network, user, 300_000);
        var (_, second) = await PublishAsync(network, user, 300_000);
        var trunks = new[] { first, second }
            .Select(references => network.Traffic.Take(references)
                .Select(sighting => sighting.Branch.Trunk).ToHashSet())
            .ToArray();
        Assert.Empty(trunks[0].Intersect(trunks[1]));

        var one = await FetchAsync(network, user, 300_000);
        var other = await FetchAsync(network, user, 300_000);
        Assert.Empty(one.Select(sighting => sighting.Branch.Trunk)
            .Intersect(other.Select(sighting => sighting.Branch.Trunk)));
    });

    private static void AssertSpread(IReadOnlyCollection<StoreSighting> sightings)
    {
        var trunks = sightings.GroupBy(sighting => sighting.Branch.Trunk).ToArray();
        Assert.InRange(trunks.Length, 3, int.MaxValue);
        Assert.InRange(trunks.Select(trunk => trunk.First().Branch.Third).Distinct().Count(), 3, int.MaxValue);
        Assert.All(trunks, trunk => Assert.InRange(trunk.Select(sighting => sighting.Store).Distinct().Count(), 1, 12));

        // None carries most of it.
        Assert.InRange(trunks.Max(trunk => trunk.Count()), 1, Math.Max(2, sightings.Count * 6 / 10));
    }

    private static async Task<(Publication Publication, IReadOnlyList<BlockRef> References)> PublishAsync(
        WatchedNetwork network, VeilNode user, int bytes)
    {
        NotedBlocks blocks = new(user.Blocks);
        var host = network.HostOf("user");
        Publisher publisher = new(blocks, host.Secrets, host.Decisions, host.Time);
        Publication? publication = null;
        await network.RunAsync("user", async () =>
        {
            using MemoryStream content = new(new byte[bytes]);
            publication = await publisher.PublishAsync(
                new PublishSource(content, bytes, "letter.txt"), new PublishOptions(), null, CancellationToken.None);
        });
        return (publication!, [.. blocks.References]);
    }

    private static async Task<IReadOnlyList<StoreSighting>> FetchAsync(WatchedNetwork network, VeilNode user, int bytes)
    {
        var (publication, references) = await PublishAsync(network, user, bytes);
        network.Traffic.Take(references);
        List<StoreSighting> served = [];
        network.Traffic.OnSighting = served.Add;
        await network.RunAsync("user", async () =>
        {
            IsolationGroup group = new(publication.Key.Format());
            await using var content = await user.OpenAsync(publication.Key, group, CancellationToken.None);
            await content.CopyRangeAsync(0, content.Length, Stream.Null, CancellationToken.None);
        });
        network.Traffic.OnSighting = null;
        return served;
    }

    private static void Play(ulong seed, Func<SimulationKernel, WatchedNetwork, VeilNode, Task> play)
    {
        SimulationKernel kernel = new(seed);
        kernel.RunUntil(async () =>
        {
            await using var network = await WatchedNetwork.StartAsync(kernel, _shape);
            var user = await network.JoinAsync("user");
            await play(kernel, network, user);
            await network.RunAsync("user", () => user.DisposeAsync().AsTask());
        });
    }
}

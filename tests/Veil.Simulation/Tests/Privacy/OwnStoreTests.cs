using Veil.Content.Edge;
using Veil.Content.Publishing;
using Veil.Simulation.Kernel;
using Veil.Simulation.Privacy.Watching;
using Xunit;

namespace Veil.Simulation.Tests.Privacy;

/// <summary>What the owner of a store reads and shares leaves nothing in the store that it serves to others
/// (spec/store.md, section 1).</summary>
public sealed class OwnStoreTests
{
    private const int FileBytes = 700_000;

    [Fact]
    public void A_store_that_fetches_keeps_none_of_it_and_one_that_publishes_only_what_came_by_circuit()
    {
        SimulationKernel kernel = new(21);
        kernel.RunUntil(async () =>
        {
            await using var network = await WatchedNetwork.StartAsync(kernel, new WatchedShape(20, 10));
            var (_, publisher, _) = network.Stores[0];
            var (number, reader, blocks) = network.Stores[1];

            // By a store, too, over circuits like anybody.
            Publication? publication = null;
            await network.RunAsync("store1", async () =>
            {
                using MemoryStream content = new(new byte[FileBytes]);
                publication = await publisher.PublishAsync(
                    new PublishSource(content, FileBytes, "letter.txt"), new PublishOptions(), CancellationToken.None);
            });
            foreach (var store in network.Stores)
            {
                var arrived = network.Traffic.Peek(store.Blocks.References)
                    .Where(sighting => sighting.Stored && sighting.Store == store.Number)
                    .ToArray();
                Assert.Equal(
                    store.Blocks.References, arrived.Select(sighting => sighting.Reference).Distinct().Order());
                Assert.All(arrived, sighting => Assert.NotEqual(store.Number, sighting.Branch.Third));
            }

            var before = blocks.References.ToArray();
            List<StoreSighting> served = [];
            network.Traffic.OnSighting = served.Add;
            await network.RunAsync("store2", async () =>
            {
                await using var content = await reader.OpenAsync(
                    publication!.Key, new IsolationGroup("own"), CancellationToken.None);
                await content.CopyRangeAsync(0, content.Length, Stream.Null, CancellationToken.None);
            });

            // It read what it did not have, and even what it has came over a circuit.
            Assert.Contains(served, sighting => !before.Contains(sighting.Reference));
            Assert.DoesNotContain(served, sighting => sighting.Stored);
            Assert.All(served, sighting => Assert.NotEqual(number, sighting.Branch.Third));
            Assert.Equal(before, blocks.References);
        });
    }
}

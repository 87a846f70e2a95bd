using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Node;
using Veil.Simulation.Kernel;
using Veil.Simulation.Network;
using Veil.Simulation.Privacy.Watching;
using Xunit;

namespace Veil.Simulation.Tests.Reading;

/// <summary>How long a reader waits for a first byte, in round trips of a circuit over links of equal latency
/// (spec/stripe.md, section 7). Computing takes no time here: it is the chain of requests that is measured.</summary>
public sealed class FirstByteTests
{
    // More than 512 leaves: the tree has two levels above them, as that of 1 GiB.
    private const int Bytes = 20 << 20;
    // So many that one seed's draws do not decide.
    private const int Openings = 18;

    private static readonly TimeSpan _latency = TimeSpan.FromMilliseconds(25);

    // Client, three relays, store: four links, crossed twice.
    private static readonly TimeSpan _roundTrip = _latency * 8;

    private static readonly NetworkOptions _options = new()
    {
        LatencyFrom = _latency,
        LatencyTo = _latency,
        Jitter = TimeSpan.Zero,
        UplinkBytesPerSecond = 1_000_000_000,
    };

    [Theory]
    [InlineData(31, 60, 30, 6.3)]
    [InlineData(32, 24, 12, 7)]
    [InlineData(33, 9, 6, 7)]
    public void A_video_begins_within_the_round_trips_that_its_chain_of_requests_has(
        ulong seed, int relays, int stores, double usually)
    {
        // Four for the branches and requests of manifest and opening stripe, a quarter twice for their first windows.
        // The rest is links from third hops to stores that nobody else opened yet, and now and then, most often where
        // relays are few, a further trunk (1.5), because one that is there passes a store: how often is the network's
        // draw, not the product's.
        List<double> waits = [];
        SimulationKernel kernel = new(seed);
        kernel.RunUntil(async () =>
        {
            await using var network = await WatchedNetwork.StartAsync(kernel, new(relays, stores), _options);
            var user = await network.JoinAsync("user");
            PlantedBlocks planted = new(network, user.Blocks.Ring, kernel.Root);
            var file = new byte[Bytes];
            kernel.Decisions.Fork("file").Fill(file);
            var (publication, _) = await planted.PublishAsync(file);
            var time = network.HostOf("user").Time;
            await network.RunAsync("user", async () =>
            {
                // Somebody who was there before: trunks stand ready from then on.
                await BeginAsync(user, publication.Key, "before");
                for (var opening = 0; opening < Openings; opening++)
                {
                    await Task.Delay(TimeSpan.FromSeconds(10), time, CancellationToken.None);
                    var start = time.GetTimestamp();
                    await BeginAsync(user, publication.Key, $"user{opening}");
                    waits.Add(time.GetElapsedTime(start) / _roundTrip);
                }
            });
            await network.RunAsync("user", () => user.DisposeAsync().AsTask());
        });

        waits.Sort();
        Assert.InRange(waits[Openings / 2], 4.5, usually);
        Assert.InRange(waits[^1], 4.5, 10);
    }

    private static async Task BeginAsync(VeilNode user, ContentKey key, string group)
    {
        await using var content = await user.OpenAsync(key, new IsolationGroup(group), CancellationToken.None);
        await content.CopyRangeAsync(0, 1024, Stream.Null, CancellationToken.None);
    }
}

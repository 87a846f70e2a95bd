using Veil.Content.Edge;
using Veil.Directory.Ring;
using Veil.Node;
using Veil.Simulation.Kernel;
using Veil.Simulation.Privacy.Watching;
using Veil.Simulation.Seeds;
using Veil.Wire;

namespace Veil.Simulation.Privacy.Trunks;

/// <summary>Fetches by the product's own reader in a simulated network, as third hops see them. One owner.</summary>
internal sealed class PlayedFetches(ulong seed, ThirdHopSetting setting)
{
    private const int Readers = 6;

    private readonly List<(KnownObject Object, List<int[]> Trunks)> _fetches = [];
    private StoreRing? _ring;

    /// <summary>The stores.</summary>
    internal StoreRing Ring => _ring ?? throw new InvalidOperationException("nothing was played yet");

    /// <summary>Each object that was fetched, and what the trunks of the fetch carried.</summary>
    internal IReadOnlyList<(KnownObject Object, List<int[]> Trunks)> Play()
    {
        SimulationKernel kernel = new(seed);
        kernel.RunUntil(() => PlayAsync(kernel));
        return _fetches;
    }

    private async Task PlayAsync(SimulationKernel kernel)
    {
        WatchedShape shape = new(setting.Relays, setting.Stores);
        await using var network = await WatchedNetwork.StartAsync(kernel, shape);
        List<(string Name, VeilNode Node)> readers = [];
        for (var reader = 0; reader < Readers; reader++)
        {
            readers.Add(($"reader{reader}", await network.JoinAsync($"reader{reader}")));
        }

        _ring = readers[0].Node.Blocks.Ring;
        PlantedBlocks planted = new(network, _ring, kernel.Root);
        for (var fetch = 0; fetch < setting.Fetches; fetch++)
        {
            var choices = kernel.Decisions.Fork($"fetch/{fetch}");
            await FetchAsync(network, planted, readers[fetch % Readers], choices);
        }

        foreach (var (name, node) in readers)
        {
            await network.RunAsync(name, () => node.DisposeAsync().AsTask());
        }
    }

    private async Task FetchAsync(
        WatchedNetwork network,
        PlantedBlocks planted,
        (string Name, VeilNode Node) reader,
        SeededDecisionSource choices)
    {
        var file = new byte[setting.Bytes];
        choices.Fill(file);
        var (publication, map) = await planted.PublishAsync(file);
        var numbers = Ring.Stores.Index().ToDictionary(store => network.NumberOf(store.Item), store => store.Index);
        Dictionary<int, int[]> trunks = [];
        network.Traffic.OnSighting = sighting =>
        {
            if (!trunks.TryGetValue(sighting.Branch.Trunk, out var blocks))
            {
                trunks.Add(sighting.Branch.Trunk, blocks = new int[Ring.Count]);
            }

            blocks[numbers[sighting.Store]]++;
        };
        await network.RunAsync(reader.Name, async () =>
        {
            IsolationGroup group = new($"reader/{choices.NextUInt64()}");
            await using var content = await reader.Node.OpenAsync(publication.Key, group, CancellationToken.None);
            await content.CopyRangeAsync(0, content.Length, Stream.Null, CancellationToken.None);
        });
        network.Traffic.OnSighting = null;
        var stripes = Enumerable.Range(0, (int)map.Plan.Count).Select(stripe => map.Shares(stripe));
        BlockRef[] copied = [publication.Key.Capability.RootReference, .. map.InnerNodes().Reverse()];
        _fetches.Add((KnownObject.Of(Ring, stripes, copied), [.. trunks.Values]));
        await network.ForgetBlocksAsync();
    }
}

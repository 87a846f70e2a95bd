using Veil.Content.Publishing;
using Veil.Node;
using Veil.Simulation.Kernel;
using Veil.Simulation.Privacy.Watching;
using Veil.Simulation.Seeds;
using Veil.Wire;

namespace Veil.Simulation.Privacy.Linking;

/// <summary>
/// One network in which users publish in pairs, over the product's own publisher, trunks and stores, in virtual time.
/// One owner.
/// </summary>
internal sealed class LinkerRun(int number, ulong seed, LinkerSetting setting)
{
    private readonly List<PublicationPair> _pairs = [];
    private WatchedNetwork? _network;

    private WatchedNetwork Network => _network ?? throw new InvalidOperationException("the network is not there yet");

    /// <summary>Plays it on the calling thread.</summary>
    internal IReadOnlyList<PublicationPair> Play(int pairs)
    {
        SimulationKernel kernel = new(seed);
        kernel.RunUntil(() => PlayAsync(kernel, pairs));
        return _pairs;
    }

    private async Task PlayAsync(SimulationKernel kernel, int pairs)
    {
        await using var network = _network = await WatchedNetwork.StartAsync(kernel, setting.Shape);
        List<(string Name, VeilNode Node)> users = [];
        for (var user = 0; user < setting.Users; user++)
        {
            var name = $"user{user}";
            long? uplink = setting.Uplinks.Count == 0 ? null : setting.Uplinks[user % setting.Uplinks.Count];
            users.Add((name, await network.JoinAsync(name, uplink)));
        }

        // Half of them by one user, in random order.
        var isSame = Enumerable.Range(0, pairs).Select(pair => pair < pairs / 2).ToArray();
        kernel.Decisions.Shuffle<bool>(isSame);
        List<Task> running = [];
        foreach (var (index, same) in isSame.Index())
        {
            running.Add(PairAsync(kernel, users, same, kernel.Decisions.Fork($"pair/{index}")));
            await Task.Delay(setting.Spacing, kernel.Root.Time);
        }

        await Task.WhenAll(running);
        foreach (var (name, node) in users)
        {
            await network.RunAsync(name, () => node.DisposeAsync().AsTask());
        }
    }

    private async Task PairAsync(
        SimulationKernel kernel,
        List<(string Name, VeilNode Node)> users,
        bool same,
        SeededDecisionSource choices)
    {
        var one = choices.NextIndex(users.Count);
        var other = same ? one : (one + 1 + choices.NextIndex(users.Count - 1)) % users.Count;
        var gap = Between(choices, setting.GapFrom.Ticks, setting.GapTo.Ticks);
        var first = PublishAsync(users[one], choices.Fork("first"));
        await Task.Delay(TimeSpan.FromTicks(gap), kernel.Root.Time);
        var second = PublishAsync(users[other], choices.Fork("second"));
        var (ofFirst, ofSecond) = (await first, await second);
        _pairs.Add(new PublicationPair(
            number, same, Network.Traffic.Take(ofFirst), Network.Traffic.Take(ofSecond)));
        await Network.ForgetBlocksAsync();
    }

    private async Task<IReadOnlyList<BlockRef>> PublishAsync(
        (string Name, VeilNode Node) user, SeededDecisionSource choices)
    {
        var file = new byte[Between(choices, setting.BytesFrom, setting.BytesTo)];
        choices.Fill(file);
        NotedBlocks blocks = new(user.Node.Blocks);
        var host = Network.HostOf(user.Name);

        // As the node makes its own; only that it writes down what belongs together.
        Publisher publisher = new(blocks, host.Secrets, host.Decisions, host.Time);
        await Network.RunAsync(user.Name, async () =>
        {
            using MemoryStream content = new(file);
            await publisher.PublishAsync(
                new PublishSource(content, file.Length, "letter.txt"),
                new PublishOptions(),
                onProgress: null,
                CancellationToken.None);
        });
        return [.. blocks.References];
    }

    // With a uniform logarithm.
    private static long Between(SeededDecisionSource choices, long from, long to)
    {
        var fraction = (choices.NextUInt64() >> 11) * (1.0 / (1UL << 53));
        return (long)(from * Math.Pow((double)to / from, fraction));
    }
}

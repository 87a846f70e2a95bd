using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Content.Publishing;
using Veil.Node;
using Veil.Node.Lab;
using Veil.Simulation.Kernel;
using Veil.Simulation.Network;
using Veil.Simulation.Storage;

namespace Veil.Simulation.Scenarios;

/// <summary>
/// The product's nodes, all layers of them: a network finds its first consensus, a publisher shares a file and
/// leaves, a
/// reader fetches it. Safety: what comes is what was shared, and no relay or store has a key. Liveness: all within
/// time.
/// </summary>
internal static class SharingScenario
{
    private const int Authorities = 3;
    private const int Clients = 2;
    private const int LinkPort = 9001;
    private const int MaxFileBytes = 400_000;
    private const long StoreQuotaBytes = 1L << 30;

    private static readonly TimeSpan Sleep = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    internal static Scenario Create() => new(
        "sharing",
        "authorities, relays and stores start, a publisher shares a file and leaves, a reader fetches it",
        DefaultNodes: 12,
        world => PlayAsync(world, freezes: false));

    /// <summary>The same while a relay stands still for 20 s: nobody waits for it to wake. (With both of a client's
    /// guards frozen the wait would be right: others are not turned to so soon.)</summary>
    internal static Scenario CreateFreezing() => new(
        "freezing",
        "as sharing, and in the middle of the fetch a relay stands still for 20 s",
        DefaultNodes: 20,
        world => PlayAsync(world, freezes: true));

    private static async Task PlayAsync(ScenarioWorld world, bool freezes)
    {
        int relays = world.Nodes - Authorities - Clients;
        world.Require(relays >= 5, "sharing needs ten nodes or more: three authorities, five relays, two clients");
        var hosts = new Dictionary<string, HostTransport>();
        using var limit = new CancellationTokenSource(Deadline, world.Kernel.Root.Time);
        var options = new LabOptions
        {
            Authorities = Authorities,
            Relays = relays,
            Stores = StoresOf(relays),
            EpochSeconds = 60
        };
        await using var network = await LabNetwork.StartAsync(
            options,
            (member, _) => Task.FromResult(Place(world, hosts, member)),
            limit.Token);
        world.Kernel.Trace.Record("root", "network", options.Relays, (long)network.Nodes.First().Consensus!.Epoch);

        var file = new byte[world.Kernel.Decisions.NextIndex(MaxFileBytes)];
        world.Kernel.Decisions.Fill(file);
        var key = await PublishAsync(world, network, hosts, file, limit.Token);
        var fetched = await FetchAsync(world, network, hosts, (key, freezes), limit.Token);
        world.Require(fetched.AsSpan().SequenceEqual(file), "what comes is what was shared");
        world.Kernel.Trace.Record("root", "fetched", fetched.Length);
    }

    // Above 50 relays a relay is a guard or a store, not both: some that offer a store are needed as guards.
    private static int StoresOf(int relays) => relays <= 50 ? relays - 2 : relays / 2;

    private static async Task<ContentKey> PublishAsync(
        ScenarioWorld world,
        LabNetwork network,
        Dictionary<string, HostTransport> hosts,
        byte[] file,
        CancellationToken cancellationToken)
    {
        var publisher = await network.JoinAsync(
            new LabMember("publisher", NodeRoles.None, world.Nodes - 2),
            cancellationToken);
        Publication? publication = null;
        await hosts["publisher"].Host.Start("publish", async () =>
        {
            using var content = new MemoryStream(file);
            var source = new PublishSource(content, file.Length, "letter.txt");
            publication = await publisher.PublishAsync(source, new PublishOptions(), cancellationToken);
            await publisher.DisposeAsync();
        });
        world.Kernel.Trace.Record("publisher", "published", publication!.Bytes, publication.Counts.SharesAcknowledged);
        world.Network.Kill(hosts["publisher"]);
        return publication.Key;
    }

    private static async Task<byte[]> FetchAsync(
        ScenarioWorld world,
        LabNetwork network,
        Dictionary<string, HostTransport> hosts,
        (ContentKey Key, bool Freezes) play,
        CancellationToken cancellationToken)
    {
        var reader = await network.JoinAsync(new LabMember("reader", NodeRoles.None, world.Nodes - 1),
            cancellationToken);
        using var fetched = new MemoryStream();
        var freezing = play.Freezes ? FreezeAsync(world, hosts) : Task.CompletedTask;
        var start = world.Kernel.Elapsed;
        await hosts["reader"].Host.Start("fetch", async () =>
        {
            await using (var content = await reader.Reader.OpenAsync(play.Key, new IsolationGroup("reader"),
                cancellationToken))
            {
                world.Require(content.Name == "letter.txt", "the name comes with the file");
                await content.CopyRangeAsync(0, content.Length, fetched, cancellationToken);
            }

            await reader.DisposeAsync();
        });
        var took = world.Kernel.Elapsed - start;
        world.Kernel.Trace.Record("reader", "took", (long)took.TotalMilliseconds);
        world.Require(!play.Freezes || took < Sleep, $"nobody waits for a frozen relay to wake: {took}");
        await freezing;
        return fetched.ToArray();
    }

    private static async Task FreezeAsync(ScenarioWorld world, Dictionary<string, HostTransport> hosts)
    {
        var time = world.Kernel.Root.Time;
        await Task.Delay(TimeSpan.FromMilliseconds(world.Kernel.Decisions.NextBelow(1_000)), time);
        HostTransport[] relays = [.. hosts.Where(host => host.Key.StartsWith("relay", StringComparison.Ordinal)
            || host.Key.StartsWith("store", StringComparison.Ordinal)).Select(host => host.Value)];
        world.Kernel.Decisions.Shuffle<HostTransport>(relays);
        (HostTransport Frozen, HostTransport Other)[] paths = [.. relays.Take(1).SelectMany(
            _ => hosts.Values, (frozen, other) => (frozen, other)).Where(path => path.frozen != path.other)];
        foreach (var (frozen, other) in paths)
        {
            world.Network.Partition(frozen, other);
        }

        await Task.Delay(Sleep, time);
        foreach (var (frozen, other) in paths)
        {
            world.Network.Heal(frozen, other);
        }
    }

    private static LabPlace Place(ScenarioWorld world, Dictionary<string, HostTransport> hosts, LabMember member)
    {
        var address = IPAddress.Parse(ScenarioWorld.AddressOf(member.Index));
        var transport = world.Network.AddHost(member.Name, address.ToString());
        hosts.Add(member.Name, transport);
        SimulatedHost host = transport.Host;
        bool isStore = member.Roles.HasFlag(NodeRoles.Store);
        return new LabPlace(
            new NodeSeams
            {
                Time = host.Time,
                Decisions = host.Decisions,
                Secrets = host.Secrets,
                Listeners = transport,
                Connections = transport,
                Loggers = NullLoggerFactory.Instance,
                Blocks = isStore ? new MemoryBlockStore(StoreQuotaBytes, host.Time) : null,
            },
            new IPEndPoint(address, LinkPort))
        {
            Run = work => host.Start(member.Name, work),
        };
    }
}

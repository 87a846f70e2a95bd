using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Veil.Node;
using Veil.Node.Lab;
using Veil.Simulation.Kernel;
using Veil.Simulation.Network;
using Veil.Simulation.Scenarios;
using Veil.Simulation.Storage;
using Veil.Wire;

namespace Veil.Simulation.Privacy.Watching;

/// <summary>How large a watched network is. Above 50 relays a relay is guard or store, not both.</summary>
/// <param name="Relays">Relays, stores among them.</param>
/// <param name="Stores">Those that are stores, too.</param>
public sealed record WatchedShape(int Relays, int Stores)
{
    /// <summary>Long against a run: what the directory does is not what is measured.</summary>
    public int EpochSeconds { get; init; } = 1800;
}

/// <summary>A network of the product's nodes, every relay and store of which writes down what it sees.</summary>
public sealed class WatchedNetwork : IAsyncDisposable
{
    private const int Authorities = 3;
    private const int LinkPort = 9001;
    private const long StoreQuotaBytes = 1L << 40;

    private readonly SimulatedNetwork _network;
    private readonly Dictionary<string, HostTransport> _hosts = [];
    private readonly Dictionary<int, MemoryBlockStore> _blocks = [];
    private LabNetwork? _lab;
    private int _joined;
    private long? _uplinkOfNext;

    private WatchedNetwork(SimulationKernel kernel, NetworkOptions? options)
    {
        _network = new SimulatedNetwork(kernel, options);
        Traffic = new WatchedTraffic(kernel);
    }

    /// <summary>What was seen.</summary>
    public WatchedTraffic Traffic { get; }

    /// <summary>The stores: number, node and blocks.</summary>
    public IReadOnlyList<(int Number, VeilNode Node, MemoryBlockStore Blocks)> Stores { get; private set; } = [];

    private LabNetwork Lab => _lab ?? throw new InvalidOperationException("the network is not there yet");

    /// <summary>Starts all members and waits until each knows all others.</summary>
    public static async Task<WatchedNetwork> StartAsync(
        SimulationKernel kernel, WatchedShape shape, NetworkOptions? options = null)
    {
        WatchedNetwork network = new(kernel, options);
        var lab = await LabNetwork.StartAsync(
            new LabOptions
            {
                Authorities = Authorities,
                Relays = shape.Relays,
                Stores = shape.Stores,
                EpochSeconds = shape.EpochSeconds,
            },
            (member, _) => Task.FromResult(network.Place(member)),
            CancellationToken.None);
        network._lab = lab;
        network.Stores = [.. lab.Nodes.Index()
            .Where(node => network._blocks.ContainsKey(node.Index))
            .Select(node => (node.Index, node.Item, network._blocks[node.Index]))];
        return network;
    }

    /// <summary>The number of a store.</summary>
    public int NumberOf(RelayId store) => Stores.First(entry => entry.Node.Relay == store).Number;

    /// <summary>Adds a user: a client with guards of its own.</summary>
    /// <param name="name">Unique.</param>
    /// <param name="uplink">What it can send, bytes per second; null as everybody.</param>
    public async Task<VeilNode> JoinAsync(string name, long? uplink = null)
    {
        _uplinkOfNext = uplink;
        LabMember member = new(name, NodeRoles.None, Authorities + Lab.Options.Relays + _joined++);
        return await Lab.JoinAsync(member, CancellationToken.None);
    }

    /// <summary>The machine of a member.</summary>
    public SimulatedHost HostOf(string name) => _hosts[name].Host;

    /// <summary>Runs work of a member where it belongs.</summary>
    public Task RunAsync(string name, Func<Task> work) => HostOf(name).Start(name, work);

    /// <summary>Makes every store forget all blocks, so that long runs fit into memory.</summary>
    public async Task ForgetBlocksAsync()
    {
        foreach (var (_, _, blocks) in Stores)
        {
            await blocks.ExpireAsync(DateTimeOffset.MaxValue, CancellationToken.None);
        }
    }

    /// <summary>Stops all members.</summary>
    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private LabPlace Place(LabMember member)
    {
        var address = IPAddress.Parse(ScenarioWorld.AddressOf(member.Index));
        var transport = _network.AddHost(_network.Kernel.CreateHost(member.Name), address, _uplinkOfNext);
        _hosts.Add(member.Name, transport);
        var host = transport.Host;
        MemoryBlockStore? blocks = null;
        if (member.Roles.HasFlag(NodeRoles.Store))
        {
            _blocks.Add(member.Index, blocks = new MemoryBlockStore(StoreQuotaBytes, host.Time));
        }

        Traffic.Place(member.Index, address);
        return new LabPlace(
            new NodeSeams
            {
                Time = host.Time,
                Decisions = host.Decisions,
                Secrets = host.Secrets,
                Listeners = transport,
                Connections = transport,
                Loggers = NullLoggerFactory.Instance,
                Blocks = blocks,
                Observer = new NodeWatch(member.Index, Traffic),
            },
            new IPEndPoint(address, LinkPort))
        {
            Run = work => host.Start(member.Name, work),
        };
    }
}

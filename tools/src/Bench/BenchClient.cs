using Microsoft.Extensions.Logging.Abstractions;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Links.Handshake;
using Veil.Links.Tasks;
using Veil.Links.Tcp;
using Veil.Node;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Bench;

/// <summary>A client of a lab network inside a bench's process, which chooses its paths itself.</summary>
internal sealed class BenchClient : IAsyncDisposable
{
    // Four keys for each of three hops, and some for links and handshakes.
    private const int KeysPerCircuit = 16;

    private readonly VeilNode _node;

    private BenchClient(VeilNode node) => _node = node;

    /// <summary>The network.</summary>
    internal NetworkDefinition Network => _node.Options.Network;

    /// <summary>Relays of the newest consensus.</summary>
    internal IReadOnlyList<RelayEntry> Relays => _node.Consensus!.Relays;

    /// <summary>Fetches the consensus.</summary>
    /// <param name="networkFile">Of the network.</param>
    /// <exception cref="IOException">The file is none of a network.</exception>
    internal static async Task<BenchClient> JoinAsync(string networkFile)
    {
        if (!NetworkDefinition.TryParse(await File.ReadAllBytesAsync(networkFile), out var network, out string? error))
        {
            throw new IOException(error);
        }

        // As in veil run.
        SocketEvents.HandleInline();
        var transport = new TcpTransport();
        var node = new VeilNode(
            new NodeOptions { Name = "bench", Network = network, Roles = NodeRoles.None },
            (null, new KeySlab(16_384)),
            new NodeSeams
            {
                Time = TimeProvider.System,
                Decisions = new SystemDecisionSource(),
                Secrets = new SystemSecretSource(),
                Listeners = transport,
                Connections = transport,
                Loggers = NullLoggerFactory.Instance,
            });
        await node.StartAsync(CancellationToken.None);
        await node.WaitForNetworkAsync(3, 0, CancellationToken.None);
        return new BenchClient(node);
    }

    /// <summary>A relay by its identity, 64 hexadecimal digits.</summary>
    internal RelayEntry Relay(string identity) =>
        Relays.FirstOrDefault(entry => entry.Identity.Value.ToString() == identity)
        ?? throw new IOException("the relay under test is not listed");

    /// <summary>A relay by its node's data folder.</summary>
    internal async Task<RelayEntry> RelayAsync(LabNode node) => Relay((await node.StatusAsync()).NodeId!);

    /// <summary>Links of a client of its own: one to each first hop.</summary>
    internal ClientLinks MakeLinks(int circuits)
    {
        var secrets = new SystemSecretSource();
        var slab = new KeySlab(Math.Max(circuits, 256) * KeysPerCircuit);
        var context = new CircuitContext(
            new CircuitOptions(),
            Network.Id,
            slab,
            new TaskScope(fault => Console.Error.WriteLine(fault)))
        {
            Time = TimeProvider.System,
            Decisions = new SystemDecisionSource(),
            Secrets = secrets,
        };
        var handshake = new LinkHandshake(Network.Id, secrets, slab, TimeProvider.System, new());
        return new ClientLinks(context, new LinkPool(context, handshake, new TcpTransport(), null));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _node.DisposeAsync();
}

/// <summary>One client's links.</summary>
/// <param name="Context">What its circuits share.</param>
/// <param name="Pool">The links.</param>
internal sealed record ClientLinks(CircuitContext Context, LinkPool Pool)
{
    /// <summary>Builds a circuit.</summary>
    /// <exception cref="CircuitFailedException">A hop refused or did not answer.</exception>
    internal Task<ClientCircuit> BuildAsync(params ReadOnlySpan<RelayEntry> path) => ClientCircuit.BuildAsync(
        Context,
        Pool,
        NetworkView.AddressOf(path[0]),
        [.. path.ToArray().Select(NetworkView.TargetOf)],
        CancellationToken.None);
}

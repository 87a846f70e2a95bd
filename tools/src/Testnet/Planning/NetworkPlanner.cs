using System.Globalization;
using System.Net;
using Veil.Links.Tcp;
using Veil.Tools.Testnet.State;
using Veil.Wire.Seams;

namespace Veil.Tools.Testnet.Planning;

/// <summary>Gives each member of a network its address, ports, folder and command.</summary>
internal sealed class NetworkPlanner(NetworkShape shape, NetworkFolder folder, DecisionSource decisions)
{
    private const string Loopback = "127.0.0.1";

    // Below the ports that the system gives to outgoing connections, which would take them while a node is down.
    private const int LowestPort = 10_000;
    private const int PortRange = 20_000;

    // In a namespace of its own a node has all ports to itself.
    private const int NamespaceLinkPort = 9301;
    private const int NamespaceSocksPort = 9350;

    // A network that goes down as a whole has nobody whose circuits could end in peace; --set gives another value.
    private const string ShortDrain = "Limits:Drain=1";

    // A chance of one in hundreds to meet another network, each time.
    private const int Attempts = 20;

    /// <summary>Plans; on the host's loopback, ports that are free now.</summary>
    /// <param name="id">The network's id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TestnetFailure">No free addresses or ports were found.</exception>
    internal async Task<NetworkPlan> PlanAsync(string id, CancellationToken cancellationToken)
    {
        var members = shape.Members().ToList();
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var subnet = $"{decisions.NextIndex(254) + 1}.{decisions.NextIndex(254) + 1}";
            var port = shape.Netns ? NamespaceLinkPort : LowestPort + decisions.NextIndex(PortRange);
            List<NodePlan> nodes = [];
            foreach (var (name, roles) in members)
            {
                var socks = !roles.Contains(NodeRole.Gateway) ? 0
                    : shape.Netns ? NamespaceSocksPort
                    : await FreeSocksPortAsync(nodes, cancellationToken);
                nodes.Add(Node(id, (name, roles), $"{(shape.Netns ? 10 : 127)}.{subnet}.{nodes.Count + 1}",
                    (port, socks)));
            }

            if (shape.Netns || await AreFreeAsync(nodes, cancellationToken))
            {
                return new NetworkPlan
                {
                    Id = id,
                    Veil = Veil,
                    EpochSeconds = shape.EpochSeconds,
                    LatencySeconds = shape.Latency.TotalSeconds,
                    BridgeNamespace = shape.Netns ? $"{NamespacePrefix(id)}-bridge" : null,
                    Nodes = nodes,
                };
            }
        }

        throw new TestnetFailure(
            ExitCodes.Failed, "no_ports", "found no free ports on loopback", "stop other test networks first");
    }

    /// <summary>What the names of the network's namespaces start with, before the node's name.</summary>
    internal static string NamespacePrefix(string id) => $"veil-{id}-";

    private string Veil => shape.Veil ?? Path.Combine(AppContext.BaseDirectory, "veil");

    private NodePlan Node(string id, (string Name, string[] Roles) member, string address, (int Link, int Socks) ports)
    {
        var accepts = !member.Roles.Contains(NodeRole.Gateway);
        var delayed = accepts && shape.Latency > TimeSpan.Zero;
        var link = accepts ? ports.Link : 0;
        var plan = new NodePlan
        {
            Name = member.Name,
            Roles = member.Roles,
            Address = address,
            Data = folder.At(member.Name),
            Netns = shape.Netns ? NamespacePrefix(id) + member.Name : null,
            LinkPort = link,
            ListenPort = delayed ? link + 1 : link,
            SocksPort = ports.Socks,
            Record = shape.Record ? Path.Combine(folder.At(member.Name), "record.jsonl") : null,
            Command = [],
            ForwarderCommand = null,
        };
        return plan with
        {
            Command = Inside(plan, RunCommand(plan)),
            ForwarderCommand = delayed ? Inside(plan, ForwarderCommand(plan)) : null,
        };
    }

    private List<string> RunCommand(NodePlan node)
    {
        List<string> command =
        [
            Veil, "run", "--data", node.Data, "--network", folder.NetworkFile, "--name", node.Name,
            "--roles", string.Join(',', node.Roles), "--from", node.Address,
        ];
        if (node.LinkPort != 0)
        {
            command.AddRange(
                ["--listen", $"{node.Address}:{node.ListenPort}", "--advertise", $"{node.Address}:{node.LinkPort}"]);
        }

        if (node.SocksPort != 0)
        {
            command.AddRange(["--socks", $"{Loopback}:{node.SocksPort}"]);
        }

        if (node.Record is { } record)
        {
            command.AddRange(["--record", record]);
        }

        if (node.Roles.Contains(NodeRole.Exit))
        {
            command.AddRange(["--exit-policy", "accept *:*"]);
        }

        foreach (var setting in shape.Settings.Prepend(ShortDrain))
        {
            command.AddRange(["--set", setting]);
        }

        return command;
    }

    private IEnumerable<string> ForwarderCommand(NodePlan node)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "testnet");
        var delay = shape.Latency.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        IEnumerable<string> command =
        [
            program, "forward",
            "--listen", $"{node.Address}:{node.LinkPort}",
            "--to", $"{node.Address}:{node.ListenPort}",
            "--latency", $"{delay}ms",
        ];
        return node.Netns is null ? command : command.Append("--foreign");
    }

    private static string[] Inside(NodePlan node, IEnumerable<string> command) =>
        node.Netns is null ? [.. command] : ["ip", "netns", "exec", node.Netns, .. command];

    private async Task<int> FreeSocksPortAsync(List<NodePlan> nodes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var port = LowestPort + decisions.NextIndex(PortRange);
            if (nodes.All(node => node.SocksPort != port) && await IsFreeAsync(Loopback, port, cancellationToken))
            {
                return port;
            }
        }
    }

    private static async Task<bool> AreFreeAsync(IEnumerable<NodePlan> nodes, CancellationToken cancellationToken)
    {
        foreach (var node in nodes.Where(node => node.LinkPort != 0))
        {
            if (!await IsFreeAsync(node.Address, node.LinkPort, cancellationToken)
                || !await IsFreeAsync(node.Address, node.LinkPort + 1, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    private static async Task<bool> IsFreeAsync(string address, int port, CancellationToken cancellationToken)
    {
        using var transport = new TcpTransport();
        try
        {
            var listener = await transport.BindAsync(
                new IPEndPoint(IPAddress.Parse(address), port), cancellationToken);
            await listener.DisposeAsync();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}

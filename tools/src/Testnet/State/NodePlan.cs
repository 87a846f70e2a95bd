namespace Veil.Tools.Testnet.State;

/// <summary>A network as it was planned, before anything of it was started.</summary>
internal sealed record NetworkPlan
{
    /// <summary>Marks the processes and namespaces.</summary>
    public required string Id { get; init; }

    /// <summary>The veil program.</summary>
    public required string Veil { get; init; }

    /// <summary>Length of an epoch.</summary>
    public required int EpochSeconds { get; init; }

    /// <summary>Delay of a link, one way; 0 without forwarders.</summary>
    public required double LatencySeconds { get; init; }

    /// <summary>The namespace of the bridge; null when nodes share the host's.</summary>
    public required string? BridgeNamespace { get; init; }

    /// <summary>Authorities first, gateways last.</summary>
    public required IReadOnlyList<NodePlan> Nodes { get; init; }

    /// <summary>The node of a name.</summary>
    /// <exception cref="TestnetFailure">There is none.</exception>
    internal NodePlan Node(string name) =>
        Nodes.FirstOrDefault(node => node.Name == name)
        ?? throw new TestnetFailure(
            ExitCodes.NotFound,
            "no_node",
            $"there is no node {name}",
            $"the nodes are {string.Join(", ", Nodes.Select(node => node.Name))}");
}

/// <summary>One node as it was planned.</summary>
internal sealed record NodePlan
{
    /// <summary>As the commands take it.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Its own address.</summary>
    public required string Address { get; init; }

    /// <summary>Its data folder.</summary>
    public required string Data { get; init; }

    /// <summary>Its network namespace.</summary>
    public required string? Netns { get; init; }

    /// <summary>The port that others connect to; 0 when it accepts no links.</summary>
    public required int LinkPort { get; init; }

    /// <summary>The port that it listens on itself: another one behind a forwarder.</summary>
    public required int ListenPort { get; init; }

    /// <summary>On 127.0.0.1; 0 when it is no gateway.</summary>
    public required int SocksPort { get; init; }

    /// <summary>What starts it.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>What starts the forwarder in front of it; null when there is none.</summary>
    public required IReadOnlyList<string>? ForwarderCommand { get; init; }

    /// <summary>Where it writes what it sees; null when it does not.</summary>
    public string? Record { get; init; }

    /// <summary>Where what it says is kept.</summary>
    internal string Output => Path.Combine(Data, "out");

    /// <summary>Where what its forwarder says is kept.</summary>
    internal string ForwarderOutput => Path.Combine(Data, "forwarder.out");

    /// <summary>For net.json.</summary>
    internal NetNode ToNet(int pid) => new()
    {
        Name = Name,
        Roles = Roles,
        Pid = pid,
        Address = Address,
        Data = Data,
        Netns = Netns,
        Record = Record,
        Ports = new NetPorts(LinkPort, SocksPort, 0),
    };
}

namespace Veil.Tools.Testnet.State;

/// <summary>net.json: what scripts know of a test network.</summary>
/// <param name="Network">Path of the network file that a newcomer needs.</param>
/// <param name="Id">Tells this test network from others of the machine.</param>
/// <param name="EpochSeconds">Length of an epoch.</param>
/// <param name="LatencySeconds">By how much links are delayed, one way.</param>
/// <param name="Nodes">Authorities, relays, stores, gateways.</param>
internal sealed record NetDocument(
    string Network,
    string Id,
    int EpochSeconds,
    double LatencySeconds,
    IReadOnlyList<NetNode> Nodes);

/// <summary>One node of net.json.</summary>
internal sealed record NetNode
{
    /// <summary>As the commands take it.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Of the node's process when net.json was last written; `status` tells the present one.</summary>
    public required int Pid { get; init; }

    /// <summary>The address that its links come from, and go to.</summary>
    public required string Address { get; init; }

    /// <summary>The data folder.</summary>
    public required string Data { get; init; }

    /// <summary>Its network namespace; null without --netns.</summary>
    public required string? Netns { get; init; }

    /// <summary>Where it writes what it sees; null without --record.</summary>
    public string? Record { get; init; }

    /// <summary>Where it listens.</summary>
    public required NetPorts Ports { get; init; }
}

/// <summary>Ports of a node; 0 where it does not listen.</summary>
/// <param name="Link">On its address.</param>
/// <param name="Socks">On 127.0.0.1, of its namespace if it has one.</param>
/// <param name="Console">On 127.0.0.1.</param>
internal sealed record NetPorts(int Link, int Socks, int Console);

/// <summary>What `status` prints.</summary>
internal sealed record StatusDocument(string Network, string Id, IReadOnlyList<NodeStatus> Nodes);

/// <summary>One node as it is now.</summary>
/// <param name="Name">As the commands take it.</param>
/// <param name="Roles">What it does.</param>
/// <param name="Pid">Null when it does not run.</param>
/// <param name="Alive">Whether it runs; a frozen node does.</param>
/// <param name="State">dead, frozen, silent, or what the node says of itself.</param>
internal sealed record NodeStatus(string Name, IReadOnlyList<string> Roles, int? Pid, bool Alive, string State);

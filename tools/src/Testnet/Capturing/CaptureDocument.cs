namespace Veil.Tools.Testnet.Capturing;

/// <summary>What `capture` prints: everything that a node exchanged with others.</summary>
internal sealed record CaptureDocument
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>Its address.</summary>
    public required string Address { get; init; }

    /// <summary>Its network namespace.</summary>
    public required string Netns { get; init; }

    /// <summary>How long packets were taken, s.</summary>
    public required double Seconds { get; init; }

    /// <summary>What others got from it or sent to it, the most bytes first.</summary>
    public required IReadOnlyList<TrafficRow> Rows { get; init; }

    /// <summary>ARP and neighbour discovery of IPv6: the kernel's, and seen on the local network only.</summary>
    public required IReadOnlyList<TrafficRow> LinkLayer { get; init; }

    /// <summary>What never left the node: SOCKS and what answers there.</summary>
    public required CountDocument Loopback { get; init; }

    /// <summary>Packets for other nodes that a bridge sends to everybody.</summary>
    public required CountDocument ForOthers { get; init; }

    /// <summary>Whether any packet went to or came from a port of DNS.</summary>
    public required bool Dns { get; init; }

    /// <summary>Packets that are in no row because they came too fast or from too many; 0 or the table is not
    /// whole.</summary>
    public required long Lost { get; init; }
}

/// <summary>How many packets, and how long together.</summary>
internal sealed record CountDocument(long Packets, long Bytes);

/// <summary>What was exchanged with one other.</summary>
internal sealed record TrafficRow
{
    /// <summary>The other's address.</summary>
    public required string Remote { get; init; }

    /// <summary>The other's port; 0 for any, and where there are no ports.</summary>
    public required int Port { get; init; }

    /// <summary>The node's port; 0 for any, and where there are no ports.</summary>
    public required int LocalPort { get; init; }

    /// <summary>tcp, udp, icmp, arp, ipv6-nd, other.</summary>
    public required string Protocol { get; init; }

    /// <summary>Who began: out is the node, in is the other, earlier is before the capture.</summary>
    public required string Direction { get; init; }

    /// <summary>How many.</summary>
    public required int Connections { get; init; }

    /// <summary>Both ways, as the kernel passes them: a large one may be several on a wire.</summary>
    public required long Packets { get; init; }

    /// <summary>Of IP packets with their headers, sent.</summary>
    public required long BytesOut { get; init; }

    /// <summary>The same, received.</summary>
    public required long BytesIn { get; init; }

    /// <summary>Whether a port is one of DNS.</summary>
    public required bool Dns { get; init; }

    /// <summary>The node of the network that has this address; null when none has.</summary>
    public string? Node { get; init; }
}

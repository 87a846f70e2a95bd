using System.Net;

namespace Veil.Tools.Testnet.Capturing;

/// <summary>Counts the packets of one node by whom they were exchanged with. One thread.</summary>
/// <param name="own">The node's address.</param>
internal sealed class TrafficTable(IPAddress own)
{
    internal const string Outgoing = "out";
    internal const string Incoming = "in";
    internal const string Earlier = "earlier";

    // Connections of a capture that is forgotten for days; packets of further ones are counted as untracked.
    private const int MaxConnections = 100_000;

    private readonly Dictionary<(string, IPAddress?, int, int), Connection> _connections = [];

    /// <summary>Packets that never left the node.</summary>
    internal Count Loopback { get; private set; }

    /// <summary>Packets for other nodes that a bridge sends to everybody.</summary>
    internal Count ForOthers { get; private set; }

    /// <summary>Packets of connections for which there was no room.</summary>
    internal long Untracked { get; private set; }

    /// <summary>Counts a packet.</summary>
    /// <param name="origin">Where it was seen.</param>
    /// <param name="start">Its beginning.</param>
    /// <param name="length">Its whole length.</param>
    internal void Add(PacketOrigin origin, ReadOnlySpan<byte> start, int length)
    {
        if (origin.IsLoopback)
        {
            // It is seen twice: when it is sent and when it arrives.
            Loopback = origin.IsOutgoing ? Loopback : Loopback.Plus(length);
            return;
        }

        var packet = Packet.Read(origin.EtherType, start);
        var isSearchForOther = packet is { Protocol: Packet.Arp } && !origin.IsOutgoing && !own.Equals(packet.Target);
        if (origin.IsForOther || isSearchForOther)
        {
            ForOthers = ForOthers.Plus(length);
            return;
        }

        var (remote, port, local) = origin.IsOutgoing
            ? (packet.Target, packet.TargetPort, packet.SourcePort)
            : (packet.Source, packet.SourcePort, packet.TargetPort);
        var key = (packet.Protocol, remote, port, local);
        if (!_connections.TryGetValue(key, out var connection))
        {
            if (_connections.Count >= MaxConnections)
            {
                Untracked++;
                return;
            }

            connection = new Connection(DirectionOf(packet, origin.IsOutgoing));
            _connections.Add(key, connection);
        }

        connection.Add(origin.IsOutgoing, length);
    }

    /// <summary>What was counted: a row for each remote port that the node connected to, and one for each remote
    /// address that connected to a port of the node.</summary>
    internal IReadOnlyList<TrafficRow> Rows() =>
    [
        .. _connections
            .GroupBy(entry =>
            {
                var (protocol, remote, port, local) = entry.Key;
                var direction = entry.Value.Direction;
                return (protocol, remote, direction,
                    port: direction == Incoming ? 0 : port, local: direction == Outgoing ? 0 : local);
            })
            .Select(group => new TrafficRow
            {
                Remote = group.Key.remote?.ToString() ?? "",
                Port = group.Key.port,
                LocalPort = group.Key.local,
                Protocol = group.Key.protocol,
                Direction = group.Key.direction,
                Connections = group.Count(),
                Packets = group.Sum(entry => entry.Value.Sent.Packets + entry.Value.Received.Packets),
                BytesOut = group.Sum(entry => entry.Value.Sent.Bytes),
                BytesIn = group.Sum(entry => entry.Value.Received.Bytes),
                Dns = group.Any(entry => IsDns(entry.Key.Item3) || IsDns(entry.Key.Item4)),
            })
            .OrderByDescending(row => row.BytesOut + row.BytesIn),
    ];

    // Ports of DNS, multicast DNS and DNS over TLS (RFC 1035, 6762, 7858).
    private static bool IsDns(int port) => port is 53 or 5353 or 853;

    private static string DirectionOf(Packet packet, bool isOutgoing)
    {
        if (packet.Protocol == Packet.Tcp && !packet.IsOpening && !packet.IsOpeningAnswer)
        {
            return Earlier;
        }

        return isOutgoing != packet.IsOpeningAnswer ? Outgoing : Incoming;
    }

    private sealed class Connection(string direction)
    {
        internal string Direction => direction;

        internal Count Sent { get; private set; }

        internal Count Received { get; private set; }

        internal void Add(bool isOutgoing, int length)
        {
            if (isOutgoing)
            {
                Sent = Sent.Plus(length);
            }
            else
            {
                Received = Received.Plus(length);
            }
        }
    }
}

/// <summary>How many, and how long together.</summary>
internal readonly record struct Count(long Packets, long Bytes)
{
    internal Count Plus(int bytes) => new(Packets + 1, Bytes + bytes);
}

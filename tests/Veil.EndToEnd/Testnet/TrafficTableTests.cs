using System.Buffers.Binary;
using System.Net;
using Veil.Tools.Testnet.Capturing;
using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>What a capture makes of packets: that nothing a node sends is missed or mistaken.</summary>
public sealed class TrafficTableTests
{
    private const ushort IPv4 = 0x0800;
    private const ushort Arp = 0x0806;
    private const ushort IPv6 = 0x86dd;
    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const byte Syn = 0x02;
    private const byte Ack = 0x10;
    private const byte ToUs = 0;
    private const byte ToOther = 3;
    private const byte FromUs = 4;
    private const string Own = "10.0.0.9";
    private const string Peer = "10.0.0.2";

    private readonly TrafficTable _table = new(IPAddress.Parse(Own));

    [Fact]
    public void Connections_of_the_node_to_one_port_are_one_row()
    {
        foreach (var local in new[] { 4000, 4001 })
        {
            Send(FromUs, Ip(Own, local, Peer, 9301, Tcp, Syn));
            Send(ToUs, Ip(Peer, 9301, Own, local, Tcp, Syn | Ack));
            Send(FromUs, Ip(Own, local, Peer, 9301, Tcp, Ack), length: 1500);
        }

        var row = Assert.Single(_table.Rows());
        Assert.Equal((Peer, 9301, 0, "tcp", "out"), (row.Remote, row.Port, row.LocalPort, row.Protocol, row.Direction));
        Assert.Equal((2, 6, 3080, 80), (row.Connections, row.Packets, row.BytesOut, row.BytesIn));
        Assert.False(row.Dns);
    }

    [Fact]
    public void Connections_to_the_node_are_rows_by_its_own_port()
    {
        Send(ToUs, Ip(Peer, 4000, Own, 9301, Tcp, Syn));
        Send(FromUs, Ip(Own, 9301, Peer, 4000, Tcp, Syn | Ack));
        // The first packet was missed: the answer tells who began.
        Send(FromUs, Ip(Own, 9301, Peer, 4001, Tcp, Syn | Ack));

        var row = Assert.Single(_table.Rows());
        Assert.Equal((0, 9301, "in", 2), (row.Port, row.LocalPort, row.Direction, row.Connections));
    }

    [Fact]
    public void A_connection_from_before_the_capture_is_told_apart()
    {
        Send(ToUs, Ip(Peer, 9301, Own, 4000, Tcp, Ack));

        Assert.Equal("earlier", Assert.Single(_table.Rows()).Direction);
    }

    [Theory]
    [InlineData(53, Udp, "udp")]
    [InlineData(5353, Udp, "udp")]
    [InlineData(53, Tcp, "tcp")]
    [InlineData(853, Tcp, "tcp")]
    public void A_question_to_DNS_is_marked(int port, byte protocol, string name)
    {
        Send(FromUs, Ip(Own, 4000, "8.8.8.8", port, protocol, Syn));

        var row = Assert.Single(_table.Rows());
        Assert.Equal((name, true), (row.Protocol, row.Dns));
    }

    [Fact]
    public void What_the_local_network_needs_is_told_from_what_goes_further()
    {
        Send(FromUs, ArpFor(Peer), Arp);
        Send(ToUs, ArpFor(Own), Arp);
        Send(ToUs, ArpFor(Peer), Arp);
        Send(FromUs, Ip6(58, 135), IPv6);
        Send(FromUs, Ip6(58, 128), IPv6);
        Send(FromUs, Ip(Own, 0, Peer, 0, 1, 0));
        Send(FromUs, Ip(Own, 0, Peer, 0, 47, 0));
        Send(FromUs, new byte[3], 0x9000);

        Assert.Equal(
            ["arp", "arp", "icmp", "icmp", "ipv6-nd", "other", "other"],
            _table.Rows().Select(row => row.Protocol).Order());
        Assert.Equal(1, _table.ForOthers.Packets);
    }

    [Fact]
    public void What_passes_by_or_stays_inside_is_counted_apart()
    {
        Send(ToOther, Ip(Peer, 9301, "10.0.0.3", 4000, Tcp, Ack));
        Send(FromUs, Ip("127.0.0.1", 4000, "127.0.0.1", 9350, Tcp, Syn), hardware: 772);
        Send(ToUs, Ip("127.0.0.1", 4000, "127.0.0.1", 9350, Tcp, Syn), hardware: 772);

        Assert.Empty(_table.Rows());
        Assert.Equal(new Count(1, 40), _table.ForOthers);
        Assert.Equal(new Count(1, 40), _table.Loopback);
    }

    private void Send(byte kind, byte[] packet, ushort etherType = IPv4, int length = 40, ushort hardware = 1) =>
        _table.Add(
            new PacketOrigin
            {
                Kind = kind,
                Protocol = BinaryPrimitives.ReverseEndianness(etherType),
                Hardware = hardware,
            },
            packet,
            length);

    private static byte[] Ip(string from, int fromPort, string to, int toPort, byte protocol, int flags)
    {
        var packet = new byte[40];
        packet[0] = 0x45;
        packet[9] = protocol;
        IPAddress.Parse(from).GetAddressBytes().CopyTo(packet, 12);
        IPAddress.Parse(to).GetAddressBytes().CopyTo(packet, 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), (ushort)fromPort);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), (ushort)toPort);
        packet[33] = (byte)flags;
        return packet;
    }

    private static byte[] Ip6(byte next, byte type)
    {
        var packet = new byte[48];
        packet[0] = 0x60;
        packet[6] = next;
        packet[40] = type;
        return packet;
    }

    private static byte[] ArpFor(string target)
    {
        var packet = new byte[28];
        IPAddress.Parse(target).GetAddressBytes().CopyTo(packet, 24);
        return packet;
    }
}

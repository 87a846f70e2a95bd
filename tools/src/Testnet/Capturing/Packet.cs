using System.Buffers.Binary;
using System.Net;

namespace Veil.Tools.Testnet.Capturing;

/// <summary>What a packet's headers say.</summary>
/// <param name="Protocol">tcp, udp, icmp, arp, ipv6-nd (neighbour discovery and multicast groups) or other.</param>
/// <param name="Source">Who sent it; null where the protocol has no IP address.</param>
/// <param name="Target">To whom; of ARP, who is looked for.</param>
internal sealed record Packet(string Protocol, IPAddress? Source, IPAddress? Target)
{
    internal const string Tcp = "tcp";
    internal const string Udp = "udp";
    internal const string Icmp = "icmp";
    internal const string Arp = "arp";
    internal const string NeighbourDiscovery = "ipv6-nd";
    internal const string Other = "other";

    private const ushort EtherIPv4 = 0x0800;
    private const ushort EtherArp = 0x0806;
    private const ushort EtherIPv6 = 0x86dd;
    private const int IPv6HeaderBytes = 40;
    private const int ArpBytes = 28;
    private const byte TcpNumber = 6;
    private const byte UdpNumber = 17;
    private const byte IcmpNumber = 1;
    private const byte Icmp6Number = 58;
    private const byte HopByHop = 0;
    private const int PortBytes = 4;
    private const int TcpFlagsAt = 13;
    private const byte Syn = 0x02;
    private const byte Ack = 0x10;

    /// <summary>0 where the protocol has none.</summary>
    internal int SourcePort { get; private init; }

    /// <summary>0 where the protocol has none.</summary>
    internal int TargetPort { get; private init; }

    /// <summary>The first of a TCP connection.</summary>
    internal bool IsOpening { get; private init; }

    /// <summary>The second of a TCP connection.</summary>
    internal bool IsOpeningAnswer { get; private init; }

    /// <summary>Reads the headers; what cannot be read is "other".</summary>
    /// <param name="etherType">What the link calls it.</param>
    /// <param name="bytes">The packet from its network header on; the end may be missing.</param>
    internal static Packet Read(ushort etherType, ReadOnlySpan<byte> bytes) => etherType switch
    {
        EtherIPv4 when bytes.Length >= 20 => ReadIPv4(bytes),
        EtherIPv6 when bytes.Length >= IPv6HeaderBytes => ReadIPv6(bytes),
        EtherArp when bytes.Length >= ArpBytes =>
            new Packet(Arp, new IPAddress(bytes.Slice(14, 4)), new IPAddress(bytes.Slice(24, 4))),
        _ => new Packet(Other, null, null),
    };

    private static Packet ReadIPv4(ReadOnlySpan<byte> bytes)
    {
        int header = (bytes[0] & 0x0f) * 4;
        var packet = new Packet(Other, new IPAddress(bytes.Slice(12, 4)), new IPAddress(bytes.Slice(16, 4)));
        bool isFirstFragment = (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0x1fff) == 0;
        return packet.With(bytes[9], isFirstFragment && header <= bytes.Length ? bytes[header..] : []);
    }

    private static Packet ReadIPv6(ReadOnlySpan<byte> bytes)
    {
        var packet = new Packet(Other, new IPAddress(bytes.Slice(8, 16)), new IPAddress(bytes.Slice(24, 16)));
        var next = bytes[6];
        var rest = bytes[IPv6HeaderBytes..];
        if (next == HopByHop && rest.Length >= 8)
        {
            // Reports of multicast groups carry one.
            next = rest[0];
            rest = rest[Math.Min((rest[1] * 8) + 8, rest.Length)..];
        }

        // RFC 4861: 133 to 137; RFC 2710 and 3810: 130 to 132 and 143.
        return next == Icmp6Number && rest.Length > 0 && rest[0] is (>= 130 and <= 137) or 143
            ? packet with { Protocol = NeighbourDiscovery }
            : packet.With(next, rest);
    }

    private Packet With(byte protocol, ReadOnlySpan<byte> body)
    {
        var named = this with
        {
            Protocol = protocol switch
            {
                TcpNumber => Tcp,
                UdpNumber => Udp,
                IcmpNumber or Icmp6Number => Icmp,
                _ => Other,
            },
        };
        if (named.Protocol is not (Tcp or Udp) || body.Length < PortBytes)
        {
            return named;
        }

        var flags = named.Protocol == Tcp && body.Length > TcpFlagsAt ? body[TcpFlagsAt] & (Syn | Ack) : 0;
        return named with
        {
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(body),
            TargetPort = BinaryPrimitives.ReadUInt16BigEndian(body[2..]),
            IsOpening = flags == Syn,
            IsOpeningAnswer = flags == (Syn | Ack),
        };
    }
}

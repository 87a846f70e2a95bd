using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Veil.Wire.Documents;

/// <summary>
/// An IP address and a TCP port, never a name: looking one up would tell somebody (spec/directory.md, section 2).
/// On the wire 18 bytes: the address as IPv6 (IPv4 mapped, ::ffff:0:0/96), then the port, both big-endian.
/// </summary>
public readonly record struct NetworkAddress
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 18;

    private const int AddressSize = 16;
    private static readonly UInt128 MappedPrefix = (UInt128)0xffff << 32;

    private readonly UInt128 _address;

    private NetworkAddress(UInt128 address, ushort port)
    {
        Debug.Assert(port != 0, "Port 0 names no listener.");
        _address = address;
        Port = port;
    }

    /// <summary>The address of an end point; its port must not be 0.</summary>
    /// <exception cref="ArgumentException">Port 0, or an IPv6 address with a scope.</exception>
    public NetworkAddress(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        if (endPoint.Port == 0 || (endPoint.AddressFamily == AddressFamily.InterNetworkV6
            && endPoint.Address.ScopeId != 0))
        {
            throw new ArgumentException("needs a port and no scope", nameof(endPoint));
        }

        Span<byte> bytes = stackalloc byte[AddressSize];
        bool written = endPoint.Address.MapToIPv6().TryWriteBytes(bytes, out int count);
        Debug.Assert(written && count == AddressSize, "Every address maps to 16 bytes.");
        _address = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        Port = (ushort)endPoint.Port;
    }

    /// <summary>The TCP port, 1 to 65535.</summary>
    public ushort Port { get; }

    /// <summary>Whether this is an IPv4 address.</summary>
    public bool IsIPv4 => _address >> 32 == MappedPrefix >> 32;

    /// <summary>
    /// The network that counts as one party in a path: the /16 of an IPv4 address, the /32 of an IPv6 address.
    /// Numbers of the two families never collide.
    /// </summary>
    public ulong Subnet => IsIPv4 ? 0x1_0000_0000UL | (unchecked((uint)_address) >> 16) : (ulong)(_address >> 96);

    /// <summary>
    /// Whether the whole Internet can reach it: not loopback, private, link-local, shared, documentation, multicast
    /// or a form that hides an IPv4 address (RFC 6890). Others are for lab networks only.
    /// </summary>
    public bool IsPublic => IsIPv4 ? IsPublicIPv4(unchecked((uint)_address)) : IsPublicIPv6(_address);

    /// <summary>Reads the 18 bytes; false for another length, port 0 or the unspecified address.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NetworkAddress address)
    {
        address = default;
        if (source.Length != Size)
        {
            return false;
        }

        UInt128 value = BinaryPrimitives.ReadUInt128BigEndian(source);
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(source[AddressSize..]);
        if (port == 0 || value == UInt128.Zero || value == MappedPrefix)
        {
            return false;
        }

        address = new NetworkAddress(value, port);
        return true;
    }

    /// <summary>
    /// Reads <c>192.0.2.1:443</c> or <c>[2001:db8::1]:443</c>, in exactly the form that <see cref="ToString"/> writes,
    /// so that one address has one text.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NetworkAddress address)
    {
        address = default;
        if (text is null || !IPEndPoint.TryParse(text, out IPEndPoint? endPoint) || endPoint.Port == 0
            || (endPoint.AddressFamily == AddressFamily.InterNetworkV6 && endPoint.Address.ScopeId != 0))
        {
            return false;
        }

        NetworkAddress parsed = new(endPoint);
        if (parsed._address == UInt128.Zero || parsed._address == MappedPrefix
            || !string.Equals(parsed.ToString(), text, StringComparison.Ordinal))
        {
            return false;
        }

        address = parsed;
        return true;
    }

    /// <summary>Writes the 18 bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is shorter.</exception>
    public void WriteTo(Span<byte> destination)
    {
        Debug.Assert(Port != 0, "A default value is no address.");
        BinaryPrimitives.WriteUInt128BigEndian(destination, _address);
        BinaryPrimitives.WriteUInt16BigEndian(destination[AddressSize..], Port);
    }

    /// <summary>The end point to connect to.</summary>
    public IPEndPoint ToEndPoint()
    {
        Debug.Assert(Port != 0, "A default value is no address.");
        Span<byte> bytes = stackalloc byte[AddressSize];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _address);
        return new IPEndPoint(new IPAddress(IsIPv4 ? bytes[12..] : bytes), Port);
    }

    /// <summary><c>host:port</c>, IPv6 in brackets.</summary>
    public override string ToString() => Port == 0 ? "none" : ToEndPoint().ToString();

    private static bool IsPublicIPv4(uint address)
    {
        byte first = (byte)(address >> 24);
        byte second = (byte)(address >> 16 & 0xff);
        byte third = (byte)(address >> 8 & 0xff);
        return (first, second, third) switch
        {
            (0 or 10 or 127 or >= 224, _, _) => false,
            (100, >= 64 and < 128, _) => false,
            (169, 254, _) => false,
            (172, >= 16 and < 32, _) => false,
            (192, 168, _) => false,
            (192, 0, 0 or 2) => false,
            (192, 88, 99) => false,
            (198, 18 or 19, _) => false,
            (198, 51, 100) => false,
            (203, 0, 113) => false,
            _ => true,
        };
    }

    private static bool IsPublicIPv6(UInt128 address)
    {
        uint high = (uint)(address >> 96);
        bool global = high >> 29 == 1;
        bool hidesAnother = high == 0x2001_0000 || high >> 16 == 0x2002;
        bool documentation = high == 0x2001_0db8 || high >> 12 == 0x3fff0;
        return global && !hidesAnother && !documentation;
    }
}

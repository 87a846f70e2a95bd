using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;

namespace Veil.Wire.Exits;

/// <summary>How much of a request has come.</summary>
public enum ExitRequestStatus
{
    /// <summary>The rest is still to come.</summary>
    Incomplete,

    /// <summary>It is whole.</summary>
    Whole,

    /// <summary>It is none.</summary>
    Malformed,
}

/// <summary>
/// Where a stream is to go (spec/exit.md, section 2): a host name in lower case or an IP address, and a port. As a
/// request: kind ‖ length ‖ address ‖ port, 7 to 257 bytes.
/// </summary>
public sealed record ExitTarget
{
    /// <summary>The longest request, in bytes.</summary>
    public const int MaxBytes = HeaderBytes + HostName.MaxBytes + PortBytes;

    private const int HeaderBytes = 2;
    private const int PortBytes = 2;
    private const byte NameKind = 1;
    private const byte IPv4Kind = 4;
    private const byte IPv6Kind = 6;

    private ExitTarget(string? name, IPAddress? address, ushort port) => (Name, Address, Port) = (name, address, port);

    /// <summary>The name, or null when it is an address.</summary>
    public string? Name { get; }

    /// <summary>The address, or null when it is a name.</summary>
    public IPAddress? Address { get; }

    /// <summary>The port, not 0.</summary>
    public ushort Port { get; }

    /// <summary>A target by name.</summary>
    /// <exception cref="ArgumentException">It is no host name in lower case, or the port is 0.</exception>
    public static ExitTarget Of(string name, ushort port)
    {
        ArgumentNullException.ThrowIfNull(name);
        return port != 0 && HostName.TryRead(Encoding.UTF8.GetBytes(name), out string read) && read == name
            ? new ExitTarget(name, null, port)
            : throw new ArgumentException("no host name in lower case, or port 0", nameof(name));
    }

    /// <summary>A target by address; an IPv4 address within IPv6 is taken as what it is.</summary>
    /// <exception cref="ArgumentException">The port is 0, or the address has a scope.</exception>
    public static ExitTarget Of(IPAddress address, ushort port)
    {
        ArgumentNullException.ThrowIfNull(address);
        return port != 0 && IsPlain(address)
            ? new ExitTarget(null, address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port)
            : throw new ArgumentException("an address with a scope, or port 0", nameof(address));
    }

    /// <summary>Writes the request.</summary>
    /// <returns>Its length.</returns>
    public int Write(Span<byte> destination)
    {
        Span<byte> body = destination[HeaderBytes..];
        int length;
        if (Name is not null)
        {
            length = Encoding.ASCII.GetBytes(Name, body);
        }
        else if (!Address!.TryWriteBytes(body, out length))
        {
            throw new ArgumentException("too short for an address", nameof(destination));
        }

        destination[0] = Name is not null ? NameKind : length == 4 ? IPv4Kind : IPv6Kind;
        destination[1] = (byte)length;
        BinaryPrimitives.WriteUInt16BigEndian(body[length..], Port);
        return HeaderBytes + length + PortBytes;
    }

    /// <summary>Reads the request that a stream begins with.</summary>
    /// <param name="buffer">What has come; moved past the request when it is whole.</param>
    /// <param name="target">The target when it is whole.</param>
    public static ExitRequestStatus TryRead(ref ReadOnlySequence<byte> buffer, [MaybeNull] out ExitTarget target)
    {
        target = null;
        Span<byte> request = stackalloc byte[MaxBytes];
        int here = (int)Math.Min(buffer.Length, MaxBytes);
        buffer.Slice(0, here).CopyTo(request);
        request = request[..here];
        if (here < HeaderBytes)
        {
            return here == 1 && !IsKind(request[0]) ? ExitRequestStatus.Malformed : ExitRequestStatus.Incomplete;
        }

        int length = request[1];
        if (!IsKind(request[0]) || !HasLength(request[0], length))
        {
            return ExitRequestStatus.Malformed;
        }

        if (here < HeaderBytes + length + PortBytes)
        {
            return ExitRequestStatus.Incomplete;
        }

        ReadOnlySpan<byte> body = request.Slice(HeaderBytes, length);
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(request[(HeaderBytes + length)..]);
        target = Parse(request[0], body, port);
        if (target is null)
        {
            return ExitRequestStatus.Malformed;
        }

        buffer = buffer.Slice(HeaderBytes + length + PortBytes);
        return ExitRequestStatus.Whole;
    }

    private static ExitTarget? Parse(byte kind, ReadOnlySpan<byte> body, ushort port)
    {
        if (port == 0)
        {
            return null;
        }

        if (kind != NameKind)
        {
            return Of(new IPAddress(body), port);
        }

        // One name has one form: a capital letter would tell requests apart.
        return HostName.TryRead(body, out string name) && Encoding.ASCII.GetString(body) == name
            ? new ExitTarget(name, null, port)
            : null;
    }

    private static bool IsPlain(IPAddress address) =>
        address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6 || address.ScopeId == 0;

    private static bool IsKind(byte kind) => kind is NameKind or IPv4Kind or IPv6Kind;

    private static bool HasLength(byte kind, int length) => kind switch
    {
        IPv4Kind => length == 4,
        IPv6Kind => length == 16,
        _ => length is > 0 and <= HostName.MaxBytes,
    };
}

namespace Veil.Gateway.Socks;

/// <summary>Why the proxy did not serve a connection (spec/gateway.md, section 1.3).</summary>
public enum SocksRefusal
{
    /// <summary>Not refused.</summary>
    None = 0,

    /// <summary>The client speaks SOCKS4 or 4a.</summary>
    Socks4,

    /// <summary>The client speaks HTTP to the SOCKS port.</summary>
    HttpRequest,

    /// <summary>A version, reserved byte, length or name that no client may send.</summary>
    Malformed,

    /// <summary>Neither "no authentication" nor "user and password" is offered.</summary>
    NoMethod,

    /// <summary>Anything but CONNECT.</summary>
    Command,

    /// <summary>An address that is not a name.</summary>
    AddressType,

    /// <summary>An IP address written as a name.</summary>
    AddressLiteral,

    /// <summary>A name outside <c>.veil</c> where there are no exits, or one that no exit looks up.</summary>
    ForeignName,

    /// <summary>Any port but 80.</summary>
    Port,

    /// <summary>The handshake took longer than its limit.</summary>
    Timeout,

    /// <summary>The client broke off in the handshake.</summary>
    Broken,

    /// <summary>As many connections as allowed are being served.</summary>
    ConnectionLimit,

    /// <summary>The connection does not come from this machine.</summary>
    NotLoopback,
}

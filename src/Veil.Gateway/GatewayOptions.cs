namespace Veil.Gateway;

/// <summary>The gateway's bounds and time limits (spec/gateway.md, section 6).</summary>
public sealed record GatewayOptions
{
    /// <summary>How long a SOCKS handshake may take; a client on this machine has nothing to wait for.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it may take to reach a target outside, all exits together.</summary>
    public TimeSpan ExitTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Connections served at a time; one more is closed unread. Each costs some 100 KiB at most.</summary>
    public int MaxConnections { get; init; } = 512;

    /// <summary>Labels remembered, the last used; each costs some 600 bytes.</summary>
    public int MaxLabels { get; init; } = 4096;

    /// <summary>Files open at a time; each may hold read-ahead of several stripes.</summary>
    public int MaxOpenFiles { get; init; } = 64;

    /// <summary>How long a file that nobody reads stays open, so that a paused film goes on at once.</summary>
    public TimeSpan IdleFile { get; init; } = TimeSpan.FromMinutes(10);
}

namespace Veil.Links;

/// <summary>Times and sizes of a link (spec/limits.md).</summary>
public sealed record LinkOptions
{
    /// <summary>The whole handshake, from connection to keys: a peer that stalls holds a socket for no
    /// longer.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence after which a PADDING cell is sent.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Silence of the peer after which the link closes: four missed keep-alives.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Records sealed before a flush: 64 KiB a write costs a quarter of the CPU of 2 KiB a write, and what an
    /// application writes as 64 KiB, which takes a little more as cells, leaves in one.</summary>
    public int RecordsPerFlush { get; init; } = 8;
}

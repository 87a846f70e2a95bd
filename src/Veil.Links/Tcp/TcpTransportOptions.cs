using System.Net;

namespace Veil.Links.Tcp;

/// <summary>What a <see cref="TcpTransport"/> may be told (spec/limits.md lists the bounds).</summary>
public sealed record TcpTransportOptions
{
    /// <summary>
    /// The local address that outgoing connections leave from; null lets the system choose. A host with several
    /// addresses must be able to say which one its relay shows.
    /// </summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>
    /// Connections that the system completes before they are accepted. 512: a burst of clients after a restart fits,
    /// and a flood of half-open handshakes is bounded by the kernel, not by us.
    /// </summary>
    public int Backlog { get; init; } = 512;

    /// <summary>
    /// Bytes not yet sent at which the kernel stops to take more (TCP_NOTSENT_LOWAT). 128 KiB: a full batch, so
    /// that the link's scheduler holds the cells and a quiet circuit does not wait behind a loud one in the kernel.
    /// 0 leaves the system's default. Ignored by systems that do not know it.
    /// </summary>
    public int NotSentLowWaterBytes { get; init; } = 128 * 1024;

    /// <summary>
    /// Free blocks that the transport keeps for the next reads and writes, each <see cref="TcpTransport.BlockBytes"/>
    /// long. 64 (8 MiB): more connections than this are rarely busy at the same moment; blocks beyond it are
    /// collected.
    /// </summary>
    public int PooledBlocks { get; init; } = 64;
}

namespace Veil.Simulation.Network;

/// <summary>What the wires between simulated hosts are like. Every buffer of a connection is bounded here.</summary>
public sealed record NetworkOptions
{
    /// <summary>The least one-way latency of a pair of hosts; each pair draws its own from the seed.</summary>
    public TimeSpan LatencyFrom { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The one-way latency that no pair reaches.</summary>
    public TimeSpan LatencyTo { get; init; } = TimeSpan.FromMilliseconds(80);

    /// <summary>What a segment may be late beyond its pair's latency, uniformly; order is kept.</summary>
    public TimeSpan Jitter { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>What a host can send, bytes per second, over all its connections together.</summary>
    public long UplinkBytesPerSecond { get; init; } = 12_500_000;

    /// <summary>Bytes that one delivery carries at most: as coarse as a read from a socket.</summary>
    public int SegmentBytes { get; init; } = 16 * 1024;

    /// <summary>Bytes of one direction that may be under way: more than a fast pair's bandwidth times delay.</summary>
    public int WindowBytes { get; init; } = 256 * 1024;

    /// <summary>Bytes that a writer may have handed over and that are not under way: a socket's send buffer.</summary>
    public int SendBufferBytes { get; init; } = 64 * 1024;

    /// <summary>Bytes that have arrived and are not read: a socket's receive buffer.</summary>
    public int ReceiveBufferBytes { get; init; } = 64 * 1024;

    /// <summary>Connections that may wait to be accepted; the next is refused. Kestrel asks for 512.</summary>
    public int Backlog { get; init; } = 512;

    /// <summary>How long connecting through a partition lasts before it fails: Linux gives up after 127 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(127);

    /// <summary>The most bytes that one direction of a connection can hold between writer and reader.</summary>
    public int DirectionBoundBytes => SendBufferBytes + WindowBytes + SegmentBytes + ReceiveBufferBytes + SegmentBytes;
}

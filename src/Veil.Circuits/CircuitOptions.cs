namespace Veil.Circuits;

/// <summary>Windows, times and bounds of circuits (spec/circuit.md, section 4; spec/limits.md).</summary>
public sealed record CircuitOptions
{
    /// <summary>Data cells granted per circuit, link and direction at first: 128 KiB, a few round trips on a fast
    /// path.</summary>
    public int InitialWindow { get; init; } = 64;

    /// <summary>Data cells granted at most: 1 MiB per direction, reached only by circuits that use it.</summary>
    public int MaxWindow { get; init; } = 512;

    /// <summary>Control cells granted per circuit, link and direction.</summary>
    public int ControlWindow { get; init; } = 16;

    /// <summary>Data cells that a client may have under way into one branch beyond hop 3.</summary>
    public int BranchWindow { get; init; } = 32;

    /// <summary>Cells that wait for one branch's control lane before the branch is given up.</summary>
    public int BranchControlQueue { get; init; } = 64;

    /// <summary>Branches of a trunk's third hop that are open at once.</summary>
    public int MaxBranches { get; init; } = 16;

    /// <summary>Streams open at once at one end.</summary>
    public int MaxStreams { get; init; } = 16;

    /// <summary>Bytes outstanding per stream and direction.</summary>
    public int StreamWindow { get; init; } = 262_144;

    /// <summary>Bytes that an application may have written and not yet sent, per stream.</summary>
    public int StreamSendBuffer { get; init; } = 131_072;

    /// <summary>Circuits on one link: what one peer can make this node remember.</summary>
    public int MaxCircuitsPerLink { get; init; } = 4_096;

    /// <summary>Cells granted to all circuits of the node: 256 MiB.</summary>
    public long CellBudget { get; init; } = 131_072;

    /// <summary>Onion cells under one key.</summary>
    public uint CellsPerKey { get; init; } = 65_536;

    /// <summary>One hop: link, CREATE and answer.</summary>
    public TimeSpan ExtendTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long ids that ended are remembered.</summary>
    public TimeSpan Tombstone { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Circuit ids that ended and are remembered, per link; beyond it the oldest is forgotten early.</summary>
    public int MaxTombstones { get; init; } = 4_096;

    /// <summary>Stream ids that ended and are remembered, per end: enough for 17 streams a second, little per
    /// circuit.</summary>
    public int MaxStreamTombstones { get; init; } = 1_024;

    /// <summary>Links of one pool, accepted and made: each costs some 100 KiB when busy.</summary>
    public int MaxLinks { get; init; } = 4_096;

    /// <summary>Handshakes of accepted links under way at once: what strangers can make this node hold, for 10 s
    /// each.</summary>
    public int MaxPendingLinks { get; init; } = 512;
}

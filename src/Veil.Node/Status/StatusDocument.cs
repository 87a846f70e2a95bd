namespace Veil.Node.Status;

/// <summary>What <c>veil status --json</c> prints (spec/control.md, section 4). Names no peer, key or file.</summary>
public sealed record StatusDocument
{
    /// <summary>One of <see cref="NodeStatus.Starting"/>, <see cref="NodeStatus.Ready"/>,
    /// <see cref="NodeStatus.Degraded"/>, <see cref="NodeStatus.Stopping"/>.</summary>
    public required string State { get; init; }

    /// <summary>Of the program, as 0.1.0.</summary>
    public required string Version { get; init; }

    /// <summary>The network's name.</summary>
    public required string Network { get; init; }

    /// <summary>The network's id, 64 hexadecimal digits.</summary>
    public required string NetworkId { get; init; }

    /// <summary>Whether it is a lab network.</summary>
    public required bool Lab { get; init; }

    /// <summary>The node's name.</summary>
    public required string Name { get; init; }

    /// <summary>Of authority, relay, store, gateway; empty for a client.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>The identity, 64 hexadecimal digits; null for clients and gateways, which have none.</summary>
    public string? NodeId { get; init; }

    /// <summary>Epoch of the consensus in use, 0 before the first.</summary>
    public ulong Epoch { get; init; }

    /// <summary>Relays that are listed, stores among them.</summary>
    public int Relays { get; init; }

    /// <summary>Stores on the ring.</summary>
    public int Stores { get; init; }

    /// <summary>Open links.</summary>
    public int Links { get; init; }

    /// <summary>Circuits of others here, and the node's own.</summary>
    public int Circuits { get; init; }

    /// <summary>Open streams at this end.</summary>
    public int Streams { get; init; }

    /// <summary>Cells that circuits may hold.</summary>
    public required MemoryDocument Memory { get; init; }

    /// <summary>Traffic of links of others; null for a node that accepts none.</summary>
    public RelayedDocument? Relayed { get; init; }

    /// <summary>Blocks kept for others; null for a node that is no store.</summary>
    public StoreDocument? Store { get; init; }

    /// <summary>Counters that are not zero, since the start.</summary>
    public required IReadOnlyDictionary<string, long> Counters { get; init; }

    /// <summary>What is wrong, the worst first.</summary>
    public IReadOnlyList<StatusProblem> Problems { get; init; } = [];

    /// <summary>Where links are accepted, as host:port.</summary>
    public string? Listen { get; init; }

    /// <summary>Where SOCKS is accepted, as host:port.</summary>
    public string? Socks { get; init; }

    /// <summary>The process.</summary>
    public int Pid { get; init; }

    /// <summary>Since the control API was made.</summary>
    public double UptimeSeconds { get; init; }
}

/// <summary>Memory for cells, in bytes.</summary>
/// <param name="Used">Granted to circuits: what they may at most hold.</param>
/// <param name="Budget">The most that is ever granted.</param>
public sealed record MemoryDocument(long Used, long Budget);

/// <summary>Traffic of the relay's links since the start.</summary>
/// <param name="Read">Bytes that came in.</param>
/// <param name="Written">Bytes that went out.</param>
/// <param name="Paused">Whether circuits of others rest because the month's volume is used up.</param>
public sealed record RelayedDocument(long Read, long Written, bool Paused);

/// <summary>A store's blocks.</summary>
/// <param name="Blocks">Blocks that can be read.</param>
/// <param name="Bytes">What they take up, everything included.</param>
/// <param name="Quota">The most they ever take up, in bytes.</param>
public sealed record StoreDocument(long Blocks, long Bytes, long Quota)
{
    /// <summary>Asked at present for a block and day, in hashes (spec/stamp.md, section 3).</summary>
    public uint Price { get; init; }

    /// <summary>How far the scrub is; null for a store that has none.</summary>
    public ScrubDocument? Scrub { get; init; }

    /// <summary>How far the drain is; null while there is none.</summary>
    public DrainDocument? Drain { get; init; }
}

/// <summary>A store's scrub. Times are Unix seconds.</summary>
/// <param name="Checked">Blocks that the pass has read, or the last one when none is under way.</param>
/// <param name="Bad">Blocks that it found damaged.</param>
/// <param name="Started">When the pass began; null when none is under way.</param>
/// <param name="LastFinished">When the last pass ended; null before that.</param>
/// <param name="LastBad">What the last pass found damaged.</param>
/// <param name="AtOnce">Whether the pass was asked for.</param>
public sealed record ScrubDocument(
    long Checked,
    long Bad,
    long? Started,
    long? LastFinished,
    long? LastBad,
    bool AtOnce);

/// <summary>A store's drain.</summary>
/// <param name="Pass">From 1 on.</param>
/// <param name="Started">Unix seconds.</param>
/// <param name="Handed">Blocks of this pass that another store has.</param>
/// <param name="Left">Blocks of this pass that no store took.</param>
/// <param name="Remaining">Blocks that are still to be looked at, about.</param>
/// <param name="Done">Whether the node may be stopped.</param>
public sealed record DrainDocument(int Pass, long Started, long Handed, long Left, long Remaining, bool Done)
{
    /// <summary>Records of names that were handed over.</summary>
    public long RecordsHanded { get; init; }

    /// <summary>Those that no store took, so far.</summary>
    public long RecordsLeft { get; init; }
}

/// <summary>Something that is wrong with a node.</summary>
/// <param name="Code">A stable word for programs.</param>
/// <param name="Message">For a person; names no peer, key or path.</param>
/// <param name="Hint">What to do.</param>
/// <param name="StopsService">Whether it keeps the node from doing what it is for: it is then degraded.</param>
public sealed record StatusProblem(string Code, string Message, string Hint, bool StopsService);

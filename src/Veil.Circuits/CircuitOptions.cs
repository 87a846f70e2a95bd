using Veil.Circuits.Flow;
using Veil.Circuits.Limits;
using Veil.Wire.Cells;

namespace Veil.Circuits;

/// <summary>Windows, times and bounds of circuits (spec/circuit.md, section 4; spec/limits.md).</summary>
public sealed record CircuitOptions
{
    /// <summary>Data cells granted per circuit, link and direction without use: both ends must hold the same. With
    /// <see cref="FirstControlWindow"/> so little that 20,000 idle circuits with two links each fit the
    /// memory.</summary>
    public int FirstWindow { get; init; } = 2;

    /// <summary>Data cells granted at the first use while half of the memory is free: 128 KiB, a few round trips on a
    /// fast path.</summary>
    public int UsualWindow { get; init; } = 64;

    /// <summary>Data cells granted to a circuit that uses them: 512 KiB per direction. Twice as much costs a tenth of
    /// the speed where many nodes share a processor's cache.</summary>
    public int LoudWindow { get; init; } = 256;

    /// <summary>Data cells granted at most: 8 MiB per direction, only where the round trip asks for it.</summary>
    public int MaxWindow { get; init; } = 4_096;

    /// <summary>Control cells granted per circuit, link and direction without use.</summary>
    public int FirstControlWindow { get; init; } = 1;

    /// <summary>Control cells granted at most.</summary>
    public int ControlWindow { get; init; } = 16;

    /// <summary>Data cells that a client may have under way into one branch beyond hop 3, at first.</summary>
    public int BranchWindow { get; init; } = 32;

    /// <summary>Those of a branch whose store keeps up: 512 KiB, 5 MiB/s at a round trip of 0.1 s.</summary>
    public int MaxBranchWindow { get; init; } = 256;

    /// <summary>Cells that wait for one branch's control lane before the branch is given up.</summary>
    public int BranchControlQueue { get; init; } = 64;

    /// <summary>Branches of a trunk's third hop that are open at once.</summary>
    public int MaxBranches { get; init; } = 16;

    /// <summary>Streams open at once at one end.</summary>
    public int MaxStreams { get; init; } = 16;

    /// <summary>Bytes outstanding per stream and direction, at first: both ends must hold the same.</summary>
    public int StreamWindow { get; init; } = 262_144;

    /// <summary>Bytes outstanding of a stream that uses them.</summary>
    public int LoudStreamWindow { get; init; } = 1_048_576;

    /// <summary>Bytes outstanding at most, only where the round trip of the circuit asks for it: 80 MiB/s at
    /// 200 ms.</summary>
    public int MaxStreamWindow { get; init; } = 16_777_216;

    /// <summary>Bytes that an application may have written and not yet sent, per stream.</summary>
    public int StreamSendBuffer { get; init; } = 131_072;

    /// <summary>Circuits on one link of a client: what one peer can make this node remember.</summary>
    public int MaxCircuitsPerLink { get; init; } = 4_096;

    /// <summary>Circuits on one link between relays, which carries those of many clients.</summary>
    public int MaxCircuitsPerRelayLink { get; init; } = 16_384;

    /// <summary>The bounds that can change while the node runs, as they are at its start.</summary>
    public NodeLimitValues Limits { get; init; } = new();

    /// <summary>Onion cells under one key.</summary>
    public uint CellsPerKey { get; init; } = 65_536;

    /// <summary>One hop: link, CREATE and answer.</summary>
    public TimeSpan ExtendTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long ids that ended are remembered.</summary>
    public TimeSpan Tombstone { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Circuit ids that ended and are remembered, per link; beyond it the oldest is forgotten early. As many
    /// as a link between relays has circuits, since all may end at once with their clients' link.</summary>
    public int MaxTombstones { get; init; } = 16_384;

    /// <summary>Stream ids that ended and are remembered, per end: enough for 17 streams a second, little per
    /// circuit.</summary>
    public int MaxStreamTombstones { get; init; } = 1_024;

    /// <summary>Wait after the first failed connection to a relay; it doubles with each further one.</summary>
    public TimeSpan ReconnectFirst { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest such wait of a relay.</summary>
    public TimeSpan ReconnectMost { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest such wait of a client, whose links lead to guards and authorities: one that came back is
    /// soon used again.</summary>
    public TimeSpan ReconnectMostFirstHop { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Cells that a new circuit is charged with on each of its links.</summary>
    internal int FirstCells => FirstWindow + FirstControlWindow;

    internal WindowSizes DataSizes => Sizes(FirstWindow, UsualWindow, LoudWindow, MaxWindow) with { Quanta = 4 };

    // Three hops and a branch take three control cells at the guard.
    internal WindowSizes ControlSizes =>
        Sizes(FirstControlWindow, FirstControlWindow, ControlWindow, ControlWindow) with
        {
            Patience = 4,
            Quanta = 8,
            Small = ControlWindow,
        };

    internal WindowSizes StreamSizes => Sizes(StreamWindow, StreamWindow, LoudStreamWindow, MaxStreamWindow) with
    {
        Quanta = 4,
        PerCell = CellLayout.CellBytes,
    };

    /// <summary>Cells that a new stream is charged with at each end: its window and its send buffer.</summary>
    internal int StreamCells => (StreamWindow / CellLayout.CellBytes) + SendCells;

    /// <summary>Cells of those that its send buffer takes.</summary>
    internal int SendCells => StreamSendBuffer / CellLayout.CellBytes;

    // Whoever sets one of them sets what lies around it, too.
    private static WindowSizes Sizes(int first, int usual, int loud, int most)
    {
        usual = Math.Max(usual, first);
        loud = Math.Max(loud, usual);
        return new WindowSizes(first, usual, loud, Math.Max(most, loud));
    }

    /// <summary>These options for a network whose epochs are short: relays are tried again within a part of
    /// one.</summary>
    public CircuitOptions ForEpoch(TimeSpan epoch)
    {
        var most = TimeSpan.FromSeconds(Math.Max(epoch.TotalSeconds / 10, ReconnectFirst.TotalSeconds));
        return this with
        {
            ReconnectMost = most < ReconnectMost ? most : ReconnectMost,
            ReconnectMostFirstHop = most < ReconnectMostFirstHop ? most : ReconnectMostFirstHop,
        };
    }
}

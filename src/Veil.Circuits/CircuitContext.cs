using System.Buffers;
using Veil.Circuits.Cells;
using Veil.Circuits.Flow;
using Veil.Circuits.Limits;
using Veil.Circuits.Streams;
using Veil.Links.Tasks;
using Veil.Links.Tcp;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire;
using Veil.Wire.Cells;
using Veil.Wire.Seams;

namespace Veil.Circuits;

/// <summary>What all circuits of one node share. The owner of the slab and the scope is the node.</summary>
public sealed class CircuitContext
{
    // 8 MiB at most.
    private const int KeptStreamBlocks = 512;

    private static readonly TimeSpan ShortestHop = TimeSpan.FromSeconds(3);

    private int _openStreams;

    /// <summary>Bundles the node's seams and bounds.</summary>
    /// <param name="options">Windows, times and bounds.</param>
    /// <param name="network">The network whose prologues are used.</param>
    /// <param name="slab">Where keys lie.</param>
    /// <param name="scope">Owner of background tasks.</param>
    /// <param name="limits">Bounds that change while the node runs; null for those of the options.</param>
    public CircuitContext(
        CircuitOptions options,
        NetworkId network,
        KeySlab slab,
        TaskScope scope,
        NodeLimits? limits = null)
    {
        Limits = limits ?? new NodeLimits(options.Limits);
        Options = options;
        Network = network;
        Slab = slab;
        Scope = scope;
        Pool = new CellPool(Limits);
    }

    /// <summary>Windows, times and bounds.</summary>
    public CircuitOptions Options { get; }

    /// <summary>Bounds that change while the node runs.</summary>
    public NodeLimits Limits { get; }

    /// <summary>The network whose prologues are used.</summary>
    public NetworkId Network { get; }

    /// <summary>Where keys lie.</summary>
    public KeySlab Slab { get; }

    /// <summary>Owner of background tasks.</summary>
    public TaskScope Scope { get; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Choices.</summary>
    public required DecisionSource Decisions { get; init; }

    /// <summary>Ephemeral keys.</summary>
    public required SecretSource Secrets { get; init; }

    /// <summary>Told of every CREATE that was accepted or is about to be sent, for recordings; null costs nothing. On
    /// the link's reading task, or that of the circuit's builder.</summary>
    public CircuitSeen? OnCircuit { get; init; }

    /// <summary>How many circuits closed, by reason.</summary>
    public CloseCounters Counters { get; } = new();

    /// <summary>Streams that are open, at either end of circuits of this node. Any thread.</summary>
    public int OpenStreams => Volatile.Read(ref _openStreams);

    /// <summary>When a hop that was asked for counts as silent: never sooner than 3 s, never later than its own limit
    /// and the way there.</summary>
    internal ResponsePace Hops => field ??= new ResponsePace(
        Time,
        Options.ExtendTimeout,
        ShortestHop < Options.ExtendTimeout ? ShortestHop : Options.ExtendTimeout,
        Options.ExtendTimeout * 2);

    /// <summary>The node's cells.</summary>
    internal CellPool Pool { get; }

    /// <summary>What streams hold between the link and the application lies in these. The runtime's shared pool keeps
    /// too few for eight busy streams: the rest would be garbage, 100 MiB for each GiB.</summary>
    internal MemoryPool<byte> StreamBlocks { get; } = new BlockPool(CircuitStream.SegmentBytes, KeptStreamBlocks);

    internal WindowTerms StreamTerms => field ??= Terms(Options.StreamSizes);

    private WindowTerms DataTerms => field ??= Terms(Options.DataSizes);

    private WindowTerms ControlTerms => field ??= Terms(Options.ControlSizes);

    /// <summary>A window of a leg; takes over the charge for its first size.</summary>
    internal GrowingWindow NewWindow(Lane lane) => new(lane == Lane.Data ? DataTerms : ControlTerms);

    private WindowTerms Terms(WindowSizes sizes) => new(sizes, Pool, Time);

    /// <summary>Cells that are granted to circuits: times 2,048, what they may at most hold in memory.</summary>
    public long ReservedCells => Pool.Reserved;

    /// <summary>Streams were opened, or closed when negative.</summary>
    internal void CountStreams(int change) => Interlocked.Add(ref _openStreams, change);
}

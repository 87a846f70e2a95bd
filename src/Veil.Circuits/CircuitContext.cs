using Veil.Circuits.Cells;
using Veil.Links.Tasks;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire;
using Veil.Wire.Seams;

namespace Veil.Circuits;

/// <summary>What all circuits of one node share. The owner of the slab and the scope is the node.</summary>
public sealed class CircuitContext
{
    private int _openStreams;

    /// <summary>Bundles the node's seams and bounds.</summary>
    public CircuitContext(CircuitOptions options, NetworkId network, KeySlab slab, TaskScope scope)
    {
        Options = options;
        Network = network;
        Slab = slab;
        Scope = scope;
        Pool = new CellPool(options.CellBudget);
    }

    /// <summary>Windows, times and bounds.</summary>
    public CircuitOptions Options { get; }

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

    /// <summary>How many circuits closed, by reason.</summary>
    public CloseCounters Counters { get; } = new();

    /// <summary>Streams that are open, at either end of circuits of this node. Any thread.</summary>
    public int OpenStreams => Volatile.Read(ref _openStreams);

    /// <summary>The node's cells.</summary>
    internal CellPool Pool { get; }

    /// <summary>Cells that are granted to circuits: times 2,048, what they may at most hold in memory.</summary>
    public long ReservedCells => Pool.Reserved;

    /// <summary>Streams were opened, or closed when negative.</summary>
    internal void CountStreams(int change) => Interlocked.Add(ref _openStreams, change);
}

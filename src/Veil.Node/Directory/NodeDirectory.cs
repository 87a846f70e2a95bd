using Microsoft.Extensions.Logging;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Directory.Paths;
using Veil.Wire;

namespace Veil.Node.Directory;

/// <summary>
/// A node's side of the directory, as a client of it: the view that paths are chosen from, how it is kept new, what is
/// remembered of it between runs, and what is wrong with it (spec/directory.md, sections 8 to 11).
/// </summary>
internal sealed class NodeDirectory
{
    private readonly NodeOptions _options;
    private readonly NodeSeams _seams;
    private readonly RelayId? _self;

    /// <param name="options">The network and the node's roles.</param>
    /// <param name="seams">Clock, choices and what is remembered.</param>
    /// <param name="circuits">The node's circuits, and its links as a client.</param>
    /// <param name="self">The node's identity; null for a client.</param>
    /// <param name="logger">For problems.</param>
    internal NodeDirectory(
        NodeOptions options,
        NodeSeams seams,
        (CircuitContext Context, LinkPool Links) circuits,
        RelayId? self,
        ILogger logger)
    {
        _options = options;
        _seams = seams;
        _self = self;
        Health = new NetworkHealth(options.Network, seams.Time, logger, self);
        Memory = new NodeMemory(seams.State, seams.ConsensusCache, Health);
        View = new NetworkView(
            seams.Decisions,
            seams.Time,
            new GuardSet(Rules, seams.Decisions) { Self = self },
            new VanguardSet(seams.Decisions) { Self = self })
        {
            Self = self,
            OnGuardsChanged = Memory.Remember,
            OnVanguardsChanged = Memory.Remember,
        };
        Client = new DirectoryClient(circuits.Context, circuits.Links, options.Network, Health);
        var sources = new ConsensusSources(options.Network, Client, View, (seams.Time, seams.Decisions))
        {
            IsClient = self is null,
            Self = self,
        };
        Loop = new ConsensusLoop(options.Network, sources, View, Health, (seams.Time, seams.Decisions))
        {
            OnNewer = Memory.Remember,
        };
    }

    /// <summary>What is wrong.</summary>
    internal NetworkHealth Health { get; }

    /// <summary>What lies on disk.</summary>
    internal NodeMemory Memory { get; }

    /// <summary>What paths are chosen from.</summary>
    internal NetworkView View { get; }

    /// <summary>Asks others.</summary>
    internal DirectoryClient Client { get; }

    /// <summary>Keeps the consensus new.</summary>
    internal ConsensusLoop Loop { get; }

    private GuardRules Rules => _options.Network.Lab ? GuardRules.Lab : GuardRules.Default;

    /// <summary>Takes up what earlier runs left: guards and second hops first, so that the consensus finds
    /// them.</summary>
    /// <returns>The consensus as it was kept, or empty.</returns>
    internal async Task<ReadOnlyMemory<byte>> RecallAsync(CancellationToken cancellationToken)
    {
        View.Restore(
            new GuardSet(Rules, _seams.Decisions, await Memory.GuardsAsync(cancellationToken)) { Self = _self },
            new VanguardSet(_seams.Decisions, await Memory.VanguardsAsync(cancellationToken)) { Self = _self });
        var consensus = await Memory.ConsensusAsync(cancellationToken);
        if (!consensus.IsEmpty && !Loop.Restore(consensus))
        {
            Health.CacheIgnored("consensus");
        }

        return consensus;
    }
}

using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Veil.Node.Observing;
using Veil.Noise.Seams;
using Veil.Storage.Blocks;
using Veil.Storage.Records;
using Veil.Storage.State;
using Veil.Wire.Denying;
using Veil.Wire.Seams;

namespace Veil.Node;

/// <summary>
/// All that comes into a node from outside: clock, choices, secrets, network, disk, logs. A process passes the
/// system's, a simulation its own.
/// </summary>
public sealed record NodeSeams
{
    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Choices.</summary>
    public required DecisionSource Decisions { get; init; }

    /// <summary>Secrets.</summary>
    public required SecretSource Secrets { get; init; }

    /// <summary>Accepts connections.</summary>
    public required IConnectionListenerFactory Listeners { get; init; }

    /// <summary>Makes connections.</summary>
    public required IConnectionFactory Connections { get; init; }

    /// <summary>An exit's resolver; null for nodes that are no exit.</summary>
    public Func<string, CancellationToken, Task<IReadOnlyList<IPAddress>>>? LookUp { get; init; }

    /// <summary>A store's blocks; the node disposes it. Null for nodes that are no store.</summary>
    public IBlockStore? Blocks { get; init; }

    /// <summary>A store's records of names; the node disposes it. Null for nodes that keep none.</summary>
    public RecordStore? Records { get; init; }

    /// <summary>What the node remembers of names; the node disposes it. Null for one that lives once.</summary>
    public IDocumentSlot? NameBook { get; init; }

    /// <summary>What the node remembers; the node disposes it. Null for one that lives once.</summary>
    public INodeState? State { get; init; }

    /// <summary>The newest consensus between runs; the node disposes it. Null for a node that lives once.</summary>
    public IDocumentSlot? ConsensusCache { get; init; }

    /// <summary>An authority's last vote between runs; the node disposes it. An authority that may be started again
    /// needs one, lest it vote twice. Null for all others.</summary>
    public IDocumentSlot? VoteCache { get; init; }

    /// <summary>What the node neither keeps nor opens; null for nothing.</summary>
    public Denylist? Denylist { get; init; }

    /// <summary>Logs.</summary>
    public required ILoggerFactory Loggers { get; init; }

    /// <summary>Told what the node sees. Only the demo, tests and lab networks pass one.</summary>
    public INodeObserver? Observer { get; init; }
}

using System.Reflection;
using System.Text.Json;
using Veil.Circuits;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Node.Status;

/// <summary>Says how a node is (spec/control.md, section 4), from what its parts count. Any thread.</summary>
public sealed class NodeStatus
{
    /// <summary>No consensus yet, or a relay that is not listed yet.</summary>
    public const string Starting = "starting";

    /// <summary>Does all that it is for.</summary>
    public const string Ready = "ready";

    /// <summary>Runs, and something keeps it from serving: see <see cref="StatusDocument.Problems"/>.</summary>
    public const string Degraded = "degraded";

    /// <summary>Finishes what it has begun and takes nothing new.</summary>
    public const string Stopping = "stopping";

    private readonly VeilNode _node;
    private readonly TimeProvider _time;
    private readonly Func<bool> _isStopping;
    private readonly Func<IReadOnlyList<StatusProblem>> _problems;
    private readonly long _started;
    private volatile bool _wasReady;

    /// <param name="node">The node.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isStopping">Whether its host has begun to stop it.</param>
    /// <param name="problems">What its host and its parts know to be wrong.</param>
    public NodeStatus(
        VeilNode node,
        TimeProvider time,
        Func<bool> isStopping,
        Func<IReadOnlyList<StatusProblem>> problems)
    {
        _node = node;
        _time = time;
        _isStopping = isStopping;
        _problems = problems;
        _started = time.GetTimestamp();
    }

    /// <summary>Version of the program, as 0.1.0.</summary>
    public static string Version { get; } = typeof(NodeStatus).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The node as it is now.</summary>
    public StatusDocument Take()
    {
        var options = _node.Options;
        var (circuits, clientLinks, relay, _, services, seams) = _node.StatusSource;
        var consensus = _node.Consensus;
        var problems = new List<StatusProblem>(FindNetworkProblems(out bool serves));
        problems.AddRange(_problems());
        return new StatusDocument
        {
            State = StateOf(serves, problems),
            Version = Version,
            Network = options.Network.Name,
            NetworkId = options.Network.Id.Value.ToString(),
            Lab = options.Network.Lab,
            Name = options.Name,
            Roles = NamesOf(options.Roles),
            NodeId = _node.Relay?.Value.ToString(),
            Epoch = consensus?.Epoch ?? 0,
            Relays = consensus?.Relays.Count ?? 0,
            Stores = consensus?.Ring.Count ?? 0,
            Links = _node.LinkCount,
            Circuits = _node.RelayedCircuits + clientLinks.CircuitCount,
            Streams = circuits.OpenStreams,
            Memory = new MemoryDocument(
                circuits.ReservedCells * CellLayout.CellBytes, circuits.Limits.Now.MemoryBytes),
            Relayed = relay is null
                ? null
                : new(circuits.Limits.Volume.Read, circuits.Limits.Volume.Written, circuits.Limits.Paused),
            Store = (_node.Store?.Describe() ?? (seams.Blocks is { } blocks
                ? new StoreDocument(blocks.BlockCount, blocks.Bytes, blocks.Quota)
                : null)) is { } store
                    ? store with { Price = services?.Gate?.Price.HashesPerDay ?? 0 }
                    : null,
            Counters = Count(),
            Problems = [.. problems.OrderByDescending(problem => problem.StopsService)],
            Listen = _node.LinkEndPoint?.ToString(),
            Socks = _node.SocksEndPoint?.ToString(),
            Pid = Environment.ProcessId,
            UptimeSeconds = Math.Round(_time.GetElapsedTime(_started).TotalSeconds, 3),
        };
    }

    /// <summary>Roles as they are written in settings and shown in status.</summary>
    public static IReadOnlyList<string> NamesOf(NodeRoles roles) =>
        [.. Enum.GetValues<NodeRoles>()
            .Where(role => role != NodeRoles.None && roles.HasFlag(role))
            .Select(role => role.ToString().ToLowerInvariant())];

    private string StateOf(bool serves, List<StatusProblem> problems)
    {
        if (_isStopping())
        {
            return Stopping;
        }

        if (!serves)
        {
            return _wasReady ? Degraded : Starting;
        }

        _wasReady = true;
        return problems.Any(problem => problem.StopsService) ? Degraded : Ready;
    }

    // What a node must have before it can do anything, and what is wrong with it.
    private List<StatusProblem> FindNetworkProblems(out bool serves)
    {
        var health = _node.Health;
        bool isLive = _node.Consensus is { } consensus && consensus.IsLive(_time.GetUtcNow());
        var problems = health.Problems
            .Select(problem => new StatusProblem(problem.Code, problem.Message, problem.Hint, StopsService: !isLive))
            .ToList();
        if (!isLive && problems.Count == 0)
        {
            problems.Add(new StatusProblem(
                _node.Consensus is null ? "no_consensus" : "consensus_expired",
                "no list of relays that holds now, yet: the network is being asked",
                "wait a moment; if it stays so, see the log",
                StopsService: true));
        }

        bool isListed = _node.Options.Roles == NodeRoles.Authority
            || (_node.Options.Roles & (NodeRoles.Relay | NodeRoles.Store)) == 0
            || (_node.Relay is { } self && _node.Consensus?.TryGet(self, out _) == true);
        if (isLive && !isListed)
        {
            problems.Add(new StatusProblem(
                "not_listed",
                "the authorities do not list this relay",
                "wait for the next epoch; check that others can reach the advertised address",
                StopsService: true));
        }

        serves = isLive && isListed;
        return problems;
    }

    private SortedDictionary<string, long> Count()
    {
        var (circuits, clientLinks, relay, gateway, services, seams) = _node.StatusSource;
        var counters = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var reason in Enum.GetValues<CloseReason>())
        {
            string name = JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());
            Add(counters, $"link.closed.{name}", clientLinks.Counters[reason] + (relay?.Links.Counters[reason] ?? 0));
            Add(counters, $"circuit.closed.{name}", circuits.Counters[reason]);
        }

        foreach (var (name, value) in gateway?.Counters.Snapshot() ?? new Dictionary<string, long>())
        {
            Add(counters, name, value);
        }

        foreach (var (name, value) in services?.ExitCounters?.Snapshot() ?? [])
        {
            Add(counters, name, value);
        }

        Add(counters, "store.unpaid", services?.Gate?.Unpaid ?? 0);
        if (seams.Blocks is Storage.Segments.SegmentStore store)
        {
            var stored = store.Counters;
            Add(counters, "store.corrupt_blocks", stored.CorruptBlocks);
            Add(counters, "store.damaged_records", stored.DamagedRecords);
            Add(counters, "store.foreign_files", stored.ForeignFiles);
            Add(counters, "store.torn_bytes", stored.TornBytes);
            Add(counters, "store.read_errors", stored.ReadErrors);
            Add(counters, "store.flushes", stored.Flushes);
            Add(counters, "store.moved_blocks", stored.MovedBlocks);
            Add(counters, "store.compacted_bytes", stored.CompactedBytes);
            Add(counters, "store.scrubbed_blocks", stored.ScrubbedBlocks);
        }

        return counters;
    }

    private static void Add(SortedDictionary<string, long> counters, string name, long value)
    {
        if (value != 0)
        {
            counters[name] = value;
        }
    }
}

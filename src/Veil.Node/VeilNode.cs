using System.Net;
using Microsoft.Extensions.Logging;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Content.Edge;
using Veil.Content.Fetching;
using Veil.Content.Keeping;
using Veil.Content.Keys;
using Veil.Content.Publishing;
using Veil.Content.Stores;
using Veil.Directory;
using Veil.Directory.Authorities;
using Veil.Directory.Paths;
using Veil.Links;
using Veil.Links.Handshake;
using Veil.Links.Tasks;
using Veil.Node.Directory;
using Veil.Node.Exits;
using Veil.Node.Keeping;
using Veil.Node.Names;
using Veil.Node.Observing;
using Veil.Node.Roles;
using Veil.Node.Status;
using Veil.Noise;
using Veil.Storage.Serving;
using Veil.Wire;

namespace Veil.Node;

/// <summary>
/// One node with any roles, without a host around it: a process or a simulation can hold many. Every node is a
/// client, too.
/// </summary>
public sealed partial class VeilNode : IAsyncDisposable
{
    private static readonly TimeSpan LoopPause = TimeSpan.FromSeconds(1);

    private readonly NodeSeams _seams;
    private readonly NodeKeys? _keys;
    private readonly KeySlab _slab;
    private readonly TaskScope _scope;
    private readonly CircuitContext _context;
    private readonly LinkPool _clientLinks;
    private readonly NodeDirectory _directory;
    private readonly TrunkPool _trunks;
    private readonly CircuitBlockNetwork _blocks;
    private readonly Publisher _publisher;
    private readonly ExitClient _exits;
    private readonly NodeServices? _services;
    private readonly RelayRole? _relay;
    private readonly GatewayRole? _gateway;
    private readonly AuthorityRole? _authority;
    private readonly ILogger _logger;
    private bool _disposed;

    /// <summary>Composes a node; nothing runs before <see cref="StartAsync"/>.</summary>
    /// <param name="options">What it is.</param>
    /// <param name="keys">Its long-lived keys, with the slab that they lie in; null for a client or gateway. Owned by
    /// the node.</param>
    /// <param name="seams">What comes in from outside.</param>
    /// <exception cref="ArgumentException">Roles, keys and seams do not fit together.</exception>
    public VeilNode(NodeOptions options, (NodeKeys? Keys, KeySlab Slab) keys, NodeSeams seams)
    {
        Options = options;
        _seams = seams;
        (_keys, _slab) = keys;
        _logger = seams.Loggers.CreateLogger($"Veil.Node.{options.Name}");
        bool accepts = (options.Roles & (NodeRoles.Authority | NodeRoles.Relay | NodeRoles.Store)) != 0;
        if (accepts != (_keys is not null) || options.Roles.HasFlag(NodeRoles.Store) != (seams.Blocks is not null))
        {
            throw new ArgumentException(
                "authorities, relays and stores have keys, stores have blocks, others have neither");
        }

        _scope = new TaskScope(fault => LogFault(_logger, fault));
        var circuits = options.Network.Lab
            ? options.Circuits.ForEpoch(TimeSpan.FromSeconds(options.Network.EpochSeconds))
            : options.Circuits;
        _context = new CircuitContext(circuits, options.Network.Id, _slab, _scope, options.Limits)
        {
            OnCircuit = seams.Observer is null ? null
                : (seen, ephemeral) => seams.Observer.SawCircuit(ObservedCircuit.Of(seen, ephemeral)),
            Time = seams.Time,
            Decisions = seams.Decisions,
            Secrets = seams.Secrets,
        };
        var handshake = new LinkHandshake(options.Network.Id, seams.Secrets, _slab, seams.Time, options.Links);
        _clientLinks = new LinkPool(_context, handshake, seams.Connections, null)
        {
            OnLink = peer => seams.Observer?.SawAddress(peer.EndPoint, incoming: false, KindOf(peer)),
        };
        _directory = new NodeDirectory(options, seams, (_context, _clientLinks), _keys?.Relay, _logger);
        _trunks = new TrunkPool(_context, _clientLinks, _directory.View, options.Trunks);
        _blocks = new CircuitBlockNetwork(_context, _trunks, _directory.View, options.Stores);
        _publisher = new Publisher(_blocks, seams.Secrets, seams.Decisions, seams.Time);
        _exits = new ExitClient(
            _trunks, _directory.View, circuits.MaxStreams, (seams.Time, seams.Decisions));
        Reader = new ContentReader(_blocks, seams.Decisions, seams.Time, new ReaderOptions(), seams.Denylist);
        Names = NewNames();
        Keeper = new Keeper(_blocks, RingOf, (seams.Decisions, seams.Time), options.Keeping, seams.Denylist);
        Keeping = NewKeeping();
        _gateway = options.Roles.HasFlag(NodeRoles.Gateway)
            ? new GatewayRole(options, seams, Reader, _exits, Names)
            : null;
        if (_keys is not null)
        {
            _relay = new RelayRole(options, _keys, _context, (handshake, _directory.View), seams);
            Store = NewStore();
            _services = NewServices(_keys.Relay);
        }

        if (options.Roles.HasFlag(NodeRoles.Authority))
        {
            _authority = new AuthorityRole(
                options,
                _keys!,
                seams,
                (_directory.Client, _directory.Loop, _directory.Health),
                _scope);
        }
    }

    /// <summary>What it is.</summary>
    public NodeOptions Options { get; }

    /// <summary>Its identity, or null for a client.</summary>
    public RelayId? Relay => _keys?.Relay;

    /// <summary>Where it accepts links, once it does.</summary>
    public IPEndPoint? LinkEndPoint => _relay?.EndPoint;

    /// <summary>The newest consensus, or null before the first.</summary>
    public Consensus? Consensus => _directory.View.Consensus;

    /// <summary>What the node knows of its network now, and what is wrong (spec/directory.md, section 11).</summary>
    public NetworkHealthReport Health => _directory.Health.Report();

    /// <summary>Whether every role serves (spec/operating.md, section 4): links are accepted, and all but a mere
    /// authority have a live consensus, which lists a relay or store.</summary>
    public bool IsServing
    {
        get
        {
            bool relays = (Options.Roles & (NodeRoles.Relay | NodeRoles.Store)) != 0;
            if (Options.Roles == NodeRoles.Authority)
            {
                return LinkEndPoint is not null;
            }

            return Consensus is { } consensus && consensus.IsLive(_seams.Time.GetUtcNow())
                && (!relays || consensus.TryGet(_keys!.Relay, out _))
                && (_gateway is null || SocksEndPoint is not null);
        }
    }

    /// <summary>Circuits of others that pass or end here.</summary>
    public int RelayedCircuits => _relay?.Switch.Count ?? 0;

    /// <summary>Open links.</summary>
    public int LinkCount => _clientLinks.Count + (_relay?.Links.Count ?? 0);

    /// <summary>Blocks to and from stores, over this node's circuits.</summary>
    public IBlockNetwork Blocks => _blocks;

    /// <summary>Fetches content.</summary>
    public ContentReader Reader { get; }

    /// <summary>Resolves, publishes and follows names.</summary>
    internal NodeNames Names { get; }

    /// <summary>Checks content and restores it.</summary>
    public Keeper Keeper { get; }

    /// <summary>What is kept, and its rounds.</summary>
    internal KeepingService Keeping { get; }

    /// <summary>Where a gateway accepts SOCKS, once it does.</summary>
    public IPEndPoint? SocksEndPoint => _gateway?.EndPoint;

    /// <summary>What its status is computed from.</summary>
    internal StatusSource StatusSource =>
        new(_context, _clientLinks, _relay, _gateway, _services, _seams);

    /// <summary>What a store asks for leases (spec/stamp.md); null for a node that is none.</summary>
    internal StampGate? Gate => _services?.Gate;

    /// <summary>Publishes a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="PublishException">It could not be published.</exception>
    public async Task<Publication> PublishAsync(
        string path,
        PublishOptions options,
        Action<PublishProgress>? onProgress,
        CancellationToken cancellationToken)
    {
        var publication = await _publisher.PublishFileAsync(path, options, onProgress, cancellationToken);
        _seams.Observer?.SawKey(publication.Key);
        _seams.Observer?.SawPlaintext(publication.Bytes);
        return publication;
    }

    /// <summary>Publishes anything of known length.</summary>
    /// <exception cref="PublishException">It could not be published.</exception>
    public Task<Publication> PublishAsync(PublishSource source, PublishOptions options,
        CancellationToken cancellationToken) =>
        _publisher.PublishAsync(source, options, null, cancellationToken);

    /// <summary>Publishes anything of known length for a user who watches it.</summary>
    /// <exception cref="PublishException">It could not be published.</exception>
    public async Task<Publication> PublishAsync(
        PublishSource source,
        PublishOptions options,
        Action<PublishProgress>? onProgress,
        CancellationToken cancellationToken)
    {
        var publication = await _publisher.PublishAsync(source, options, onProgress, cancellationToken);
        _seams.Observer?.SawKey(publication.Key);
        _seams.Observer?.SawPlaintext(publication.Bytes);
        return publication;
    }

    /// <summary>Opens content for a user of this node; whoever opened it disposes it.</summary>
    /// <exception cref="ContentUnavailableException">It cannot be had.</exception>
    public async Task<ContentObject> OpenAsync(ContentKey key, IsolationGroup group,
        CancellationToken cancellationToken)
    {
        _seams.Observer?.SawKey(key);
        var content = await Reader.OpenAsync(key, group, cancellationToken);
        return _seams.Observer is { } observer ? new ObservedContent(content, observer) : content;
    }

    /// <summary>A gateway's address for a key, to be opened through its SOCKS port.</summary>
    /// <exception cref="InvalidOperationException">The node is no gateway.</exception>
    public string Open(ContentKey key) =>
        _gateway?.Open(key) ?? throw new InvalidOperationException("this node is not a gateway");

    /// <summary>Binds its listeners and starts its loops; does not wait for a consensus.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var known = await _directory.RecallAsync(cancellationToken);
        if (_authority is not null)
        {
            await _authority.LoadAsync(known, cancellationToken);
        }

        _scope.Start(_directory.Memory.RunAsync);
        await StartStoreAsync(cancellationToken);
        if (_relay is not null)
        {
            _services!.OfferAt(_relay, _authority);
            await _relay.StartAsync(_seams.Listeners, cancellationToken);
        }

        if (_authority is not null)
        {
            _scope.Start(token => KeepRunningAsync(_authority.RunAsync, token));
        }

        if ((Options.Roles & (NodeRoles.Relay | NodeRoles.Store)) != 0)
        {
            var loop = new DescriptorLoop(
                Options.Network,
                _directory.Client,
                _relay!.Describe,
                _directory.Health,
                (_seams.Time, _seams.Decisions));
            _scope.Start(token => KeepRunningAsync(loop.RunAsync, token));
        }

        _scope.Start(token => KeepRunningAsync(_directory.Loop.RunAsync, token));
        await Names.LoadAsync(_logger, cancellationToken);
        _scope.Start(token => KeepRunningAsync(Names.Keeper.RunAsync, token));
        _scope.Start(token => KeepRunningAsync(Keeping.RunAsync, token));
        if (_gateway is not null)
        {
            await _gateway.StartAsync(cancellationToken);
        }
    }

    /// <summary>Waits until the node has a consensus that lists at least so many relays and stores, itself included
    /// if it is one.</summary>
    public async Task WaitForNetworkAsync(int relays, int stores, CancellationToken cancellationToken)
    {
        while (Consensus is not { } consensus || consensus.Relays.Count < relays || consensus.Ring.Count < stores
            || (_keys is not null && _authority is null && !consensus.TryGet(_keys.Relay, out _)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), _seams.Time, cancellationToken);
        }
    }

    /// <summary>
    /// Takes nothing new, and gives the circuits of others some time to end by themselves (spec/operating.md, section
    /// 4). What the node's own user does ends at once. <see cref="DisposeAsync"/> follows.
    /// </summary>
    /// <param name="limit">The time, zero for none.</param>
    /// <param name="cancellationToken">Waits no longer; no exception.</param>
    public async Task DrainAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_relay is not null)
        {
            await _relay.DrainAsync(limit, cancellationToken);
        }
    }

    /// <summary>Stops everything, in the order that lets no one wait for another. Idempotent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        _blocks.Dispose();
        _exits.Dispose();
        _trunks.Dispose();
        if (_relay is not null)
        {
            await _relay.DisposeAsync();
        }

        await _clientLinks.DisposeAsync();
        await _scope.DisposeAsync();
        if (_seams.Blocks is not null)
        {
            await _seams.Blocks.DisposeAsync();
        }

        IAsyncDisposable?[] remembered =
            [_seams.State, _seams.ConsensusCache, _seams.VoteCache, _seams.NameBook, _seams.Records];
        foreach (var kept in remembered.OfType<IAsyncDisposable>())
        {
            await kept.DisposeAsync();
        }

        _keys?.Dispose();
        _slab.Dispose();
    }

    // A node whose loop ended would look alive and slowly fall out of the network: a defect costs one round, not the
    // loop.
    private async Task KeepRunningAsync(Func<CancellationToken, Task> loop, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await loop(cancellationToken);
                return;
            }
#pragma warning disable CA1031 // Reported like any fault of the scope's tasks, then tried again.
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFault(_logger, fault);
            }

            await Task.Delay(LoopPause, _seams.Time, cancellationToken);
        }
    }

    private NodeNames NewNames()
    {
        var pace = Options.Network.Lab
            ? NameOptions.ForEpoch(TimeSpan.FromSeconds(Options.Network.EpochSeconds))
            : new NameOptions();
        return new NodeNames(_blocks, _seams.NameBook, Options.Names ?? pace, (_seams.Time, _seams.Decisions));
    }

    private KeepingService NewKeeping() => new(
        Keeper,
        _seams.State,
        (_seams.Time, _seams.Decisions),
        IsLive,
        _logger);

    private KeepRing RingOf(TimeSpan grace) => Consensus is { } consensus
        ? new KeepRing(consensus.Ring, consensus.RememberedRing(grace))
        : new KeepRing(_blocks.Ring, _blocks.Ring);

    private PeerKind KindOf(LinkPeer peer) =>
        peer.Relay is not { } relay ? PeerKind.Unknown
        : _directory.View.IsGuard(relay) ? PeerKind.Guard
        : Options.Network.Authorities.Any(authority => authority.Identity == relay) ? PeerKind.Authority
        : PeerKind.Relay;

    [LoggerMessage(1, LogLevel.Error, "a task of the node ended by a defect")]
    private static partial void LogFault(ILogger logger, Exception fault);
}

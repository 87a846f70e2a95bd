using System.Net;
using Microsoft.AspNetCore.Connections;
using Veil.Circuits.Legs;
using Veil.Circuits.Limits;
using Veil.Links;
using Veil.Links.Handshake;
using Veil.Wire;

namespace Veil.Circuits;

/// <summary>
/// The links of a node: makes one to a relay when there is none, takes those that come in, runs and ticks all of them.
/// A node that is both relay and client has one pool for each, so that its own circuits look like any client's.
/// </summary>
public sealed class LinkPool : IAsyncDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(5);

    // A link that this node made and that carries no circuit is closed after this.
    private static readonly TimeSpan UnusedLimit = TimeSpan.FromMinutes(3);

    private readonly CircuitContext _context;
    private readonly LinkHandshake _handshake;
    private readonly IConnectionFactory _connections;
    private readonly LinkIdentity? _local;
    private readonly Lock _lock = new();
    private readonly Dictionary<RelayId, Task<LinkCircuits>> _byRelay = [];
    private readonly Dictionary<Link, LinkUse> _links = [];
    private readonly ReconnectTable _reconnects;
    private readonly RelayPace? _pace;
    private readonly ITimer _tick;
    private bool _stopped;

    /// <param name="context">What the node's circuits share.</param>
    /// <param name="handshake">Makes links of connections.</param>
    /// <param name="connections">The transport.</param>
    /// <param name="local">This relay, or null for a client's pool.</param>
    public LinkPool(
        CircuitContext context,
        LinkHandshake handshake,
        IConnectionFactory connections,
        LinkIdentity? local)
    {
        _context = context;
        _handshake = handshake;
        _connections = connections;
        _local = local;
        Admission = new LinkAdmission(context.Limits);
        var most = local is null ? context.Options.ReconnectMostFirstHop : context.Options.ReconnectMost;
        _reconnects = new ReconnectTable(context.Time, context.Decisions, (context.Options.ReconnectFirst, most));
        _pace = local is null ? null : new RelayPace(context.Limits, context.Time);
        context.Limits.Changed += OnLimits;
        _tick = context.Time.CreateTimer(_ => Tick(), null, TickInterval, TickInterval);
    }

    /// <summary>Told of every link that was made or accepted: who is at its other end.</summary>
    public Action<LinkPeer>? OnLink { get; init; }

    /// <summary>How many links closed or failed, by reason.</summary>
    public CloseCounters Counters { get; } = new();

    /// <summary>Open links.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _links.Count;
            }
        }
    }

    /// <summary>Circuits over these links, whoever made them.</summary>
    public int CircuitCount
    {
        get
        {
            lock (_lock)
            {
                return _links.Values.Sum(use => use.Circuits.Count);
            }
        }
    }

    /// <summary>Handshakes of accepted links under way.</summary>
    public int PendingCount => Admission.Pending;

    /// <summary>Who may begin a handshake.</summary>
    internal LinkAdmission Admission { get; }

    /// <summary>At a relay: handles CREATE.</summary>
    internal Func<LinkCircuits, CircuitId, byte[], CloseReason>? OnCreate { get; set; }

    /// <summary>The link to a relay, made when there is none.</summary>
    /// <exception cref="LinkRefusedException">It cannot be made, or an attempt failed a short while ago.</exception>
    internal async Task<LinkCircuits> GetAsync(RelayAddress relay, CancellationToken cancellationToken)
    {
        Task<LinkCircuits> link;
        TaskCompletionSource<LinkCircuits>? made = null;
        lock (_lock)
        {
            if (_stopped)
            {
                throw new LinkRefusedException(CloseReason.Stopping);
            }

            // Others may wait for the same link, so that one who gives up does not end the attempt; the handshake's
            // own limit does.
            if (!_byRelay.TryGetValue(relay.Target.Relay, out link!) || IsDead(link))
            {
                if (!_reconnects.MayTry(relay))
                {
                    Counters.Count(CloseReason.BackingOff);
                    throw new LinkRefusedException(CloseReason.BackingOff);
                }

                // Without asynchronous continuations: waiting with a token would resume on the pool.
                made = new TaskCompletionSource<LinkCircuits>();
                link = made.Task;
                _byRelay[relay.Target.Relay] = link;
            }
        }

        // Outside the lock, because much of it may run at once.
        if (made is not null && !_context.Scope.Start(stopping => MakeAsync(relay, made, stopping)))
        {
            Fail(relay, made, CloseReason.Stopping);
        }

        return await link.WaitAsync(cancellationToken);
    }

    /// <summary>Accepts links until the listener is unbound or the pool stops.</summary>
    /// <exception cref="InvalidOperationException">This is a client's pool.</exception>
    public Task AcceptAsync(
        IConnectionListener listener,
        Func<RelayId, Bytes32?> linkKeyOf,
        CancellationToken cancellationToken)
    {
        var local = _local ?? throw new InvalidOperationException("a client accepts no links");
        return new LinkAcceptor(this, _context, (_handshake, local), linkKeyOf).RunAsync(listener, cancellationToken);
    }

    /// <summary>Takes no more links; those that there are go on.</summary>
    public void StopAccepting() => Admission.Stop();

    /// <summary>Closes all links. The scope awaits their loops.</summary>
    public async ValueTask DisposeAsync()
    {
        Link[] links;
        lock (_lock)
        {
            _stopped = true;
            links = [.. _links.Keys];
        }

        await _tick.DisposeAsync();
        _context.Limits.Changed -= OnLimits;
        _pace?.Dispose();
        foreach (var link in links)
        {
            link.Close(CloseReason.Stopping);
        }
    }

    // While the relay rests, the circuits of others end; links between relays stay, because they cost next to nothing.
    private void OnLimits()
    {
        if (_local is null || !_context.Limits.Paused)
        {
            return;
        }

        LinkCircuits[] links;
        lock (_lock)
        {
            links = [.. _links.Values.Select(use => use.Circuits)];
        }

        foreach (var circuits in links)
        {
            circuits.CloseCircuits(CloseReason.Paused);
        }
    }

    private static bool IsDead(Task<LinkCircuits> link) =>
        link.IsFaulted || link.IsCanceled || (link.IsCompletedSuccessfully && !link.Result.IsOpen);

    /// <summary>Makes the link, tells those who wait for it, and runs it. Owned by the scope.</summary>
    private async Task MakeAsync(
        RelayAddress relay,
        TaskCompletionSource<LinkCircuits> made,
        CancellationToken stopping)
    {
        Link link;
        try
        {
            if (Count >= _context.Limits.Now.MaxLinks)
            {
                throw new LinkRefusedException(CloseReason.ResourceLimit);
            }

            link = await ConnectAsync(relay, stopping);
            _reconnects.Succeeded(relay.Target.Relay);
        }
        catch (LinkRefusedException refused)
        {
            if (refused.Reason is not (CloseReason.ResourceLimit or CloseReason.Stopping))
            {
                // What this node lacks itself says nothing about the relay.
                _reconnects.Failed(relay);
            }

            Counters.Count(refused.Reason);
            Fail(relay, made, refused.Reason);
            return;
        }
        catch (Exception)
        {
            // A defect: the scope reports it, and nobody is left waiting.
            Fail(relay, made, CloseReason.InternalError);
            throw;
        }

        await RunAsync(link, made.SetResult);
    }

    private async Task<Link> ConnectAsync(RelayAddress relay, CancellationToken stopping)
    {
        try
        {
            // The same limit as for the handshake: an address that swallows packets would hold the attempt for minutes.
            using var timeout = new CancellationTokenSource(_context.Options.ExtendTimeout, _context.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token);
            var connection = await _connections.ConnectAsync(relay.EndPoint, either.Token);
            return await _handshake.InitiateAsync(connection, relay.Target, _local, stopping);
        }
        catch (Exception fault) when (
            fault is IOException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            throw new LinkRefusedException(
                stopping.IsCancellationRequested ? CloseReason.Stopping : CloseReason.ConnectionFailed);
        }
    }

    /// <summary>A relay reached us, so it can be reached again.</summary>
    internal void Reached(RelayId relay) => _reconnects.Succeeded(relay);

    /// <summary>Runs a link to its end.</summary>
    internal async Task RunAsync(Link link, Action<LinkCircuits> onReady)
    {
        var circuits = new LinkCircuits(link, _context, OnCreate, _pace);
        lock (_lock)
        {
            if (_stopped)
            {
                link.Close(CloseReason.Stopping);
            }

            _links.Add(link, new LinkUse(circuits, _context.Time.GetTimestamp()));
            if (link.Peer is { Relay: { } relay, IsInitiator: false }
                && (!_byRelay.TryGetValue(relay, out var known) || IsDead(known)))
            {
                // A link that the other relay made serves our circuits to it as well.
                _byRelay[relay] = Task.FromResult(circuits);
            }
        }

        var fault = Announce(link);
        try
        {
            var running = link.RunAsync(circuits);
            onReady(circuits);
            await running;
        }
        finally
        {
            Forget(link, circuits);
        }

        if ((fault ?? link.Fault) is { } defect)
        {
            throw new InvalidOperationException("a link ended by a defect", defect);
        }
    }

    /// <summary>Tells who watches of the link. What they throw closes it, so that it runs to its end like any other
    /// and nobody waits for it in vain.</summary>
    private Exception? Announce(Link link)
    {
        try
        {
            OnLink?.Invoke(link.Peer);
            return null;
        }
#pragma warning disable CA1031 // Kept and reported at the link's end.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            link.Close(CloseReason.InternalError);
            return fault;
        }
    }

    private void Forget(Link link, LinkCircuits circuits)
    {
        Counters.Count(link.ClosedBy);
        lock (_lock)
        {
            _links.Remove(link);
            if (link.Peer.Relay is { } relay && _byRelay.TryGetValue(relay, out var known)
                && known.IsCompletedSuccessfully && known.Result == circuits)
            {
                _byRelay.Remove(relay);
            }
        }
    }

    private void Fail(RelayAddress relay, TaskCompletionSource<LinkCircuits> made, CloseReason reason)
    {
        lock (_lock)
        {
            if (_byRelay.TryGetValue(relay.Target.Relay, out var known) && known == made.Task)
            {
                _byRelay.Remove(relay.Target.Relay);
            }
        }

        made.SetException(new LinkRefusedException(reason));

        // Whoever waits takes it from here; that nobody does any more is no fault.
        _ = made.Task.Exception;
    }

    private void Tick()
    {
        (Link Link, LinkCircuits Circuits)[] links;
        var unused = new List<Link>();
        lock (_lock)
        {
            links = [.. _links.Select(entry => (entry.Key, entry.Value.Circuits))];
            foreach (var (link, use) in _links)
            {
                if (use.Circuits.Count > 0)
                {
                    use.LastUsed = _context.Time.GetTimestamp();
                }
                else if (link.Peer.IsInitiator && _context.Time.GetElapsedTime(use.LastUsed) > UnusedLimit)
                {
                    unused.Add(link);
                }
            }
        }

        foreach (var (link, circuits) in links)
        {
            link.Tick();
            circuits.Tick();
        }

        // A client that once asked an authority must not show it for ever after that it is running.
        foreach (var link in unused)
        {
            link.Close(CloseReason.Done);
        }
    }

    private sealed class LinkUse(LinkCircuits circuits, long now)
    {
        internal LinkCircuits Circuits => circuits;

        internal long LastUsed { get; set; } = now;
    }
}

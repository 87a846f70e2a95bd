using System.Net;
using Microsoft.AspNetCore.Connections;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Relaying;
using Veil.Circuits.Streams;
using Veil.Directory.Documents;
using Veil.Links;
using Veil.Links.Handshake;
using Veil.Node.Observing;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Node.Roles;

/// <summary>What accepts links: relays, stores and authorities. Its circuits, and the services that streams may open
/// here.</summary>
internal sealed class RelayRole : IAsyncDisposable
{
    private readonly NodeOptions _options;
    private readonly NodeKeys _keys;
    private readonly CircuitContext _context;
    private readonly LinkPool _links;
    private readonly NetworkView _view;
    private readonly Dictionary<ServiceId, Func<CircuitStream, Task>> _services = [];
    private IConnectionListener? _listener;

    internal RelayRole(
        NodeOptions options,
        NodeKeys keys,
        CircuitContext context,
        (LinkHandshake Handshake, NetworkView View) parts,
        NodeSeams seams)
    {
        _options = options;
        _keys = keys;
        _context = context;
        _view = parts.View;
        _links = new LinkPool(context, parts.Handshake, seams.Connections, new LinkIdentity(keys.Relay, keys.LinkKey))
        {
            OnLink = peer => seams.Observer?.SawAddress(peer.EndPoint, !peer.IsInitiator, PeerKind.Unknown),
        };
        Switch = new RelaySwitch(
            context,
            keys.Relay,
            id => id == keys.OnionKeyId.Value ? keys.OnionKey : null,
            _links,
            (_view.Locate, TryAccept));
    }

    /// <summary>Circuits of others.</summary>
    internal RelaySwitch Switch { get; }

    /// <summary>Links of others and to other relays.</summary>
    internal LinkPool Links => _links;

    /// <summary>Where links are accepted, once they are.</summary>
    internal IPEndPoint? EndPoint => _listener?.EndPoint as IPEndPoint;

    /// <summary>Offers a service. Before <see cref="StartAsync"/>.</summary>
    internal void Offer(ServiceId service, Func<CircuitStream, Task> serve) => _services.Add(service, serve);

    /// <summary>Accepts links from now on.</summary>
    internal async Task StartAsync(IConnectionListenerFactory listeners, CancellationToken cancellationToken)
    {
        var endPoint = _options.Listen
            ?? throw new ArgumentException("a node that accepts links needs an address to listen on");
        _listener = await listeners.BindAsync(endPoint, cancellationToken);
        _context.Scope.Start(token => _links.AcceptAsync(_listener, LinkKeyOf, token));
    }

    /// <summary>The relay's descriptor for an epoch, signed.</summary>
    internal SignedDescriptor Describe(ulong epoch) => SignedDescriptor.Sign(
        new RelayDescriptor
        {
            Network = _options.Network.Id,
            Identity = _keys.Relay,
            LinkKey = new Bytes32(_keys.LinkKey.PublicKey),
            OnionKey = new Bytes32(_keys.OnionKey.PublicKey),
            Addresses = [_options.Advertise ?? new NetworkAddress(EndPoint!)],
            Roles = (_options.Roles.HasFlag(NodeRoles.Relay) ? RelayRoles.Relay : RelayRoles.None)
                | (_options.Roles.HasFlag(NodeRoles.Store) ? RelayRoles.Store : RelayRoles.None)
                | (_options.Roles.HasFlag(NodeRoles.Exit) ? RelayRoles.Exit : RelayRoles.None),
            Weight = _options.Weight,
            Versions = [1],
            PublishedEpoch = epoch,
            // Rises from one start to the next within an epoch, too: weight or address may have changed.
            Sequence = (ulong)_context.Time.GetUtcNow().ToUnixTimeSeconds(),
        },
        _keys.Identity);

    /// <summary>Accepts no more links and circuits, waits for those of others to end, at most the limit.</summary>
    internal async Task DrainAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (_listener is not null)
        {
            await _listener.UnbindAsync(CancellationToken.None);
        }

        await Switch.DrainAsync(limit, cancellationToken);
    }

    /// <summary>Accepts no more and closes all links.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
        {
            await _listener.UnbindAsync();
            await _listener.DisposeAsync();
        }

        await _links.DisposeAsync();
    }

    private Bytes32? LinkKeyOf(RelayId relay) => _view.Locate(relay)?.Target.LinkKey;

    private bool TryAccept(CircuitStream stream) =>
        _services.TryGetValue(stream.Service, out var serve) && _context.Scope.Start(_ => serve(stream));
}

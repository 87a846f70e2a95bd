using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Limits;
using Veil.Circuits.Onion;
using Veil.Circuits.Relaying;
using Veil.Circuits.Streams;
using Veil.Links;
using Veil.Links.Handshake;
using Veil.Links.Tasks;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Documents;
using Veil.Wire.Seams;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>Some relays and a client in one process, over pipes; each relay offers an echo at the store's
/// number.</summary>
internal sealed class RelayRig : IAsyncDisposable
{
    private readonly SystemSecretSource _secrets = new();
    private readonly List<Relay> _relays = [];
    private readonly List<RelayPlace> _places = [];
    private readonly Dictionary<RelayId, RelayAddress> _addresses = [];

    internal RelayRig(
        int relays,
        CircuitOptions? options = null,
        TimeProvider? time = null,
        CircuitOptions? client = null)
    {
        Options = options ?? new CircuitOptions();
        Time = time ?? TimeProvider.System;
        Client = Context(client ?? Options);
        ClientLinks = new LinkPool(Client, Handshake(), Transport, null);
        for (int index = 0; index < relays; index++)
        {
            _relays.Add(new Relay(this, NewPlace()));
        }
    }

    internal CircuitOptions Options { get; }

    internal TimeProvider Time { get; }

    internal CircuitContext Client { get; }

    internal LinkPool ClientLinks { get; }

    internal NetworkId Network { get; } = new(new Bytes32(new byte[32]));

    internal KeySlab Slab { get; } = new();

    internal SecretSource Secrets => _secrets;

    /// <summary>Keys that relays keep while nothing happens.</summary>
    internal int StaticKeys => 2 * _places.Count;

    internal List<Exception> Faults { get; } = [];

    internal PipeTransport Transport { get; } = new();

    internal IReadOnlyList<Relay> Relays => _relays;

    /// <summary>Echoes by default.</summary>
    internal Func<CircuitStream, Task> Service { get; set; } = EchoAsync;

    /// <summary>What each relay does at the exit's number: refuses by default.</summary>
    internal Func<RelayId, CircuitStream, Task>? Exit { get; set; }

    /// <summary>As wide from the start as the usual windows: for peers made by hand that grant nothing.</summary>
    internal static CircuitOptions Wide { get; } = new() { FirstWindow = 64, FirstControlWindow = 16 };

    /// <summary>Room for so many cells.</summary>
    internal static CircuitOptions WithMemory(int cells) =>
        new() { Limits = new NodeLimitValues { MemoryBytes = cells * 2048L } };

    internal static CancellationToken Token => TestContext.Current.CancellationToken;

    internal Task<ClientCircuit> BuildAsync(params int[] path) => BuildAsync([.. path.Select(index =>
        _relays[index].Place)]);

    internal Task<ClientCircuit> BuildAsync(params RelayPlace[] path) =>
        ClientCircuit.BuildAsync(Client, ClientLinks, path[0].Address, [.. path.Select(place => place.Hop)], Token);

    /// <summary>Keys and an address for one more relay; whoever stands there is the caller's choice.</summary>
    internal RelayPlace NewPlace()
    {
        var place = RelayPlace.Make(_places.Count, _secrets, Slab);
        _places.Add(place);
        _addresses[place.Id] = place.Address;
        return place;
    }

    internal LinkHandshake Handshake() => new(Network, _secrets, Slab, Time, new LinkOptions());

    internal Bytes32? LinkKeyOf(RelayId relay) => _addresses.GetValueOrDefault(relay)?.Target.LinkKey;

    /// <summary>Everything that was lent is back, and nobody is on the line.</summary>
    internal async Task BecomesIdleAsync()
    {
        await Eventually.HoldsAsync(() => _relays.All(relay => relay.Switch.Count == 0), "relays forget circuits");
        await Eventually.HoldsAsync(() => _relays.All(relay => relay.Context.ReservedCells == 0),
            "relays give cells back");
        await Eventually.HoldsAsync(() => Client.ReservedCells == 0, "the client gives cells back");
        await ClientLinks.DisposeAsync();
        foreach (var relay in _relays)
        {
            await relay.Links.DisposeAsync();
        }

        await Eventually.HoldsAsync(() => Slab.Rented == StaticKeys, "keys are given back");
        Assert.Empty(Faults);
    }

    public async ValueTask DisposeAsync()
    {
        await ClientLinks.DisposeAsync();
        foreach (var relay in _relays)
        {
            await relay.Links.DisposeAsync();
            await relay.Context.Scope.DisposeAsync();
        }

        await Client.Scope.DisposeAsync();
        Slab.Dispose();
    }

    internal static async Task EchoAsync(CircuitStream stream)
    {
        while (true)
        {
            var result = await stream.Input.ReadAsync();
            foreach (var segment in result.Buffer)
            {
                await stream.Output.WriteAsync(segment);
            }

            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        await stream.Output.CompleteAsync();
        await stream.Input.CompleteAsync();
    }

    internal CircuitContext Context(CircuitOptions options) => new(options, Network, Slab, new TaskScope(fault =>
    {
        lock (Faults)
        {
            Faults.Add(fault);
        }
    }))
    {
        Time = Time,
        Decisions = new SystemDecisionSource(),
        Secrets = _secrets,
    };

    private Func<CircuitStream, Task>? ServiceOf(RelayId relay, ServiceId service) => service switch
    {
        ServiceId.Store => Service,
        ServiceId.Exit when Exit is { } exit => stream => exit(relay, stream),
        _ => null,
    };

    private static async Task ServeAsync(CircuitStream stream, Func<CircuitStream, Task> service)
    {
        try
        {
            await service(stream);
        }
        catch (StreamResetException)
        {
            // Whoever serves learns so that the other side is gone.
        }
    }

    internal sealed class Relay
    {
        internal Relay(RelayRig rig, RelayPlace place)
        {
            Place = place;
            Context = rig.Context(rig.Options);
            Links = new LinkPool(Context, rig.Handshake(), rig.Transport, place.Local);
            Switch = new RelaySwitch(
                Context,
                place.Id,
                key => key == place.Hop.OnionKeyId ? place.OnionKey : null,
                Links,
                (relay => rig._addresses.GetValueOrDefault(relay),
                    stream => rig.ServiceOf(place.Id, stream.Service) is { } service
                        && Context.Scope.Start(_ => ServeAsync(stream, service))));
            Listener = rig.Transport.BindAsync(place.Address.EndPoint).AsTask().Result;
            Context.Scope.Start(token => Links.AcceptAsync(Listener, rig.LinkKeyOf, token));
        }

        internal RelayPlace Place { get; }

        internal IConnectionListener Listener { get; }

        internal CircuitContext Context { get; }

        internal LinkPool Links { get; }

        internal RelaySwitch Switch { get; }

        internal HopTarget Hop => Place.Hop;
    }
}

/// <summary>Where a relay is, and its keys.</summary>
internal sealed record RelayPlace(RelayAddress Address, HopTarget Hop, LinkIdentity Local, StaticKeyPair OnionKey)
{
    internal RelayId Id => Hop.Relay;

    internal static RelayPlace Make(int index, SecretSource secrets, KeySlab slab)
    {
        var identity = new byte[32];
        identity[0] = (byte)(index + 1);
        var id = new RelayId(new Bytes32(identity));
        var linkKey = StaticKeyPair.Generate(secrets, slab);
        var onionKey = StaticKeyPair.Generate(secrets, slab);
        return new RelayPlace(
            new RelayAddress(
                new LinkTarget(id, new Bytes32(linkKey.PublicKey)),
                new IPEndPoint(IPAddress.Loopback, index + 1)),
            new HopTarget(id, new Bytes32(onionKey.PublicKey), OnionKeyId.Of(new Bytes32(onionKey.PublicKey)).Value),
            new LinkIdentity(id, linkKey),
            onionKey);
    }
}

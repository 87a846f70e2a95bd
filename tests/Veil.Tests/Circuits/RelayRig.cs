using System.IO.Pipelines;
using Xunit;
using System.Net;
using Veil.Circuits;
using Veil.Circuits.Client;
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
using Veil.Wire.Seams;

namespace Veil.Tests.Circuits;

/// <summary>Some relays and a client in one process, over pipes; each relay offers an echo at the store's
/// number.</summary>
internal sealed class RelayRig : IAsyncDisposable
{
    private readonly PipeTransport _transport = new();
    private readonly KeySlab _slab = new();
    private readonly SystemSecretSource _secrets = new();
    private readonly NetworkId _network = new(new Bytes32(new byte[32]));
    private readonly List<Relay> _relays = [];
    private readonly Dictionary<RelayId, RelayAddress> _addresses = [];

    internal RelayRig(int relays, CircuitOptions? options = null)
    {
        Options = options ?? new CircuitOptions();
        Client = Context();
        ClientLinks = new LinkPool(Client, Handshake(), _transport, null);
        for (int index = 0; index < relays; index++)
        {
            _relays.Add(new Relay(this, index));
        }
    }

    internal CircuitOptions Options { get; }

    internal CircuitContext Client { get; }

    internal LinkPool ClientLinks { get; }

    internal List<Exception> Faults { get; } = [];

    internal PipeTransport Transport => _transport;

    internal IReadOnlyList<Relay> Relays => _relays;

    /// <summary>Echoes by default.</summary>
    internal Func<CircuitStream, Task> Service { get; set; } = EchoAsync;

    internal Task<ClientCircuit> BuildAsync(params int[] path) => ClientCircuit.BuildAsync(
        Client,
        ClientLinks,
        _relays[path[0]].Address,
        [.. path.Select(index => _relays[index].Hop)],
        TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await ClientLinks.DisposeAsync();
        foreach (var relay in _relays)
        {
            await relay.StopAsync();
        }

        await Client.Scope.DisposeAsync();
        _slab.Dispose();
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

    private LinkHandshake Handshake() => new(_network, _secrets, _slab, TimeProvider.System, new LinkOptions());

    private CircuitContext Context() => new(Options, _network, _slab, new TaskScope(fault =>
    {
        lock (Faults)
        {
            Faults.Add(fault);
        }
    }))
    {
        Time = TimeProvider.System,
        Decisions = new SystemDecisionSource(),
        Secrets = _secrets,
    };

    internal sealed class Relay
    {
        private readonly StaticKeyPair _onionKey;

        internal Relay(RelayRig rig, int index)
        {
            var identity = new byte[32];
            identity[0] = (byte)(index + 1);
            Id = new RelayId(new Bytes32(identity));
            Context = rig.Context();
            var linkKey = StaticKeyPair.Generate(rig._secrets, rig._slab);
            _onionKey = StaticKeyPair.Generate(rig._secrets, rig._slab);
            var local = new LinkIdentity(Id, linkKey);
            var endPoint = new IPEndPoint(IPAddress.Loopback, index + 1);
            Address = new RelayAddress(new LinkTarget(Id, new Bytes32(linkKey.PublicKey)), endPoint);
            Hop = new HopTarget(Id, new Bytes32(_onionKey.PublicKey), (ulong)index);
            rig._addresses[Id] = Address;
            Links = new LinkPool(Context, rig.Handshake(), rig._transport, local);
            Switch = new RelaySwitch(
                Context,
                Id,
                key => key == (ulong)index ? _onionKey : null,
                Links,
                (relay => rig._addresses.GetValueOrDefault(relay), stream => stream.Service == ServiceId.Store
                    && Context.Scope.Start(_ => rig.Service(stream))));
            var listener = rig._transport.BindAsync(endPoint).AsTask().Result;
            Context.Scope.Start(token => Links.AcceptAsync(
                listener,
                relay => rig._addresses.GetValueOrDefault(relay)?.Target.LinkKey,
                token));
        }

        internal RelayId Id { get; }

        internal CircuitContext Context { get; }

        internal LinkPool Links { get; }

        internal RelaySwitch Switch { get; }

        internal RelayAddress Address { get; }

        internal HopTarget Hop { get; }

        internal async Task StopAsync()
        {
            await Links.DisposeAsync();
            await Context.Scope.DisposeAsync();
        }
    }
}

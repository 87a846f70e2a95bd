using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Veil.Links.Tcp;
using Veil.Node;
using Veil.Node.Control;
using Veil.Node.Lab;
using Veil.Noise.Seams;
using Veil.Storage.Blocks;
using Veil.Storage.Records;
using Veil.Storage.Segments;
using Veil.Storage.State;
using Veil.Tests.Gateway;
using Veil.Wire.Denying;
using Veil.Wire.Seams;
using Xunit;

[assembly: AssemblyFixture(typeof(Veil.Tests.Node.LabHouse))]

namespace Veil.Tests.Node;

/// <summary>
/// A small network of real nodes on loopback, made once, and a gateway in it that is controlled through its socket:
/// what tests of the control API and of the commands share.
/// </summary>
public sealed class LabHouse : IAsyncLifetime
{
    /// <summary>More than there are classes that add files, which run side by side where processors are many.</summary>
    internal const int MaxPublications = 16;

    private const int LinkPort = 9001;

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-house-");
    private readonly SystemDecisionSource _decisions = new();
    private readonly List<IBlockStore> _stores = [];
    private readonly SemaphoreSlim _making = new(1);

    // One for the tests of the API, one for those of the commands: they run side by side.
    private readonly ConcurrentDictionary<string, string> _settings =
        new() { ["Limits:Rate"] = "0", ["Limits:Burst"] = "0" };

    private string _subnet = "";
    private LabNetwork? _network;
    private VeilNode? _gateway;
    private INodeState? _state;
    private ControlServer? _server;

    /// <summary>The gateway's data folder.</summary>
    internal string Data => Path.Combine(_folder.FullName, "gateway");

    /// <summary>What the gateway's control API logged.</summary>
    internal CollectedLogs Logs { get; } = new();

    /// <summary>What was denied.</summary>
    internal Denylist Denied { get; } = new();

    /// <summary>The surface that is served; tests make further servers of it.</summary>
    internal ControlSurface Surface { get; private set; } = null!;

    /// <summary>The stores' nodes with what they keep.</summary>
    internal IEnumerable<(VeilNode Node, IBlockStore Blocks)> StoreNodes =>
        _network!.Nodes.Where(node => node.Options.Roles.HasFlag(NodeRoles.Store)).Zip(_stores);

    /// <summary>A client of the gateway, which the caller disposes.</summary>
    internal ControlClient Connect() => new(ControlSocket.In(Data));

    /// <summary>Makes the network at the first call; most runs of single tests do without it.</summary>
    internal async Task<LabHouse> ReadyAsync()
    {
        var token = TestContext.Current.CancellationToken;
        await _making.WaitAsync(token);
        try
        {
            if (_server is null)
            {
                await MakeAsync(token);
            }

            return this;
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>Empties every store.</summary>
    internal async Task EmptyStoresAsync()
    {
        foreach (var store in _stores)
        {
            await store.ExpireAsync(DateTimeOffset.MaxValue.AddDays(-1), CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        _making.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task MakeAsync(CancellationToken cancellationToken)
    {
        _subnet = $"127.{1 + _decisions.NextIndex(250)}.{_decisions.NextIndex(250)}";
        var options = new LabOptions { Authorities = 1, Relays = 7, Stores = 4, EpochSeconds = 2 };
        _network = await LabNetwork.StartAsync(options, PlaceAsync, cancellationToken);
        _gateway = await _network.JoinAsync(new LabMember("gateway", NodeRoles.Gateway, 100), cancellationToken);
        Surface = new ControlSurface
        {
            Node = _gateway,
            Time = TimeProvider.System,
            Decisions = _decisions,
            State = _state,
            MaxPublications = MaxPublications,
            CurrentSettings = () => _settings,
            SetSetting = Set,
            Deny = reference =>
            {
                bool added = !Denied.Forbids(reference);
                Denied.Replace([Denylist.HashOf(reference)]);
                return added;
            },
        };
        _server = new ControlServer(Surface, ControlSocket.In(Data), Logs);
        await _server.StartAsync(cancellationToken);
    }

    private SettingOutcome Set(string name, string value)
    {
        if (!_settings.ContainsKey(name))
        {
            return new SettingOutcome(SettingResult.UnknownName, "there is no such setting", "look it up");
        }

        if (value == "wrong")
        {
            return new SettingOutcome(SettingResult.BadValue, "that is no rate", "write it like 5MiB");
        }

        if (value == "hidden")
        {
            return new SettingOutcome(SettingResult.Overridden, "a flag wins", "start without it");
        }

        _settings[name] = value;
        return new SettingOutcome(SettingResult.Applied);
    }

    private async Task<LabPlace> PlaceAsync(LabMember member, CancellationToken cancellationToken)
    {
        var address = IPAddress.Parse($"{_subnet}.{member.Index + 1}");
        var transport = new TcpTransport(new TcpTransportOptions { LocalAddress = address });
        string folder = System.IO.Directory.CreateDirectory(Path.Combine(_folder.FullName, member.Name)).FullName;
        bool isGateway = member.Roles.HasFlag(NodeRoles.Gateway);
        if (isGateway)
        {
            _state = await LiteDbNodeState.OpenAsync(Path.Combine(folder, "state.db"), cancellationToken);
        }

        return new LabPlace(
            new NodeSeams
            {
                Time = TimeProvider.System,
                Decisions = _decisions,
                Secrets = new SystemSecretSource(),
                Listeners = transport,
                Connections = transport,
                Loggers = isGateway ? Logs : Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance,
                State = isGateway ? _state : null,
                Denylist = isGateway ? Denied : null,
                Blocks = member.Roles.HasFlag(NodeRoles.Store) ? await OpenStoreAsync(folder, cancellationToken) : null,
                Records = member.Roles.HasFlag(NodeRoles.Store)
                    ? await RecordStore.OpenAsync(
                        new RecordStoreOptions { Folder = Path.Combine(folder, "records") },
                        TimeProvider.System,
                        cancellationToken)
                    : null,
            },
            new IPEndPoint(address, LinkPort));
    }

    private async Task<IBlockStore> OpenStoreAsync(string folder, CancellationToken cancellationToken)
    {
        var store = await SegmentStore.OpenAsync(
            new SegmentStoreOptions { Folder = Path.Combine(folder, "blocks"), QuotaBytes = 1L << 30 },
            TimeProvider.System,
            _decisions,
            cancellationToken);
        _stores.Add(store);
        return store;
    }
}

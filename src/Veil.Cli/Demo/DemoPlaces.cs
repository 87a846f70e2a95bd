using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Veil.Links.Tcp;
using Veil.Node;
using Veil.Node.Lab;
using Veil.Node.Observing;
using Veil.Noise.Seams;
using Veil.Storage.Blocks;
using Veil.Storage.Segments;
using Veil.Storage.State;
using Veil.Wire.Seams;

namespace Veil.Cli.Demo;

/// <summary>
/// Gives each member of the demo's network an address of its own in 127.0.0.0/8, a folder for its files, and a
/// recorder of what it sees.
/// </summary>
internal sealed class DemoPlaces : IDisposable
{
    private const int LinkPort = 9001;
    private const long StoreQuotaBytes = 8L << 30;

    private readonly SystemDecisionSource _decisions = new();
    private readonly SystemSecretSource _secrets = new();
    private readonly string _folder;
    private readonly string _subnet;
    private readonly List<TcpTransport> _transports = [];
    private readonly List<(LabMember Member, IPAddress Address, RecordingObserver Observer)> _members = [];

    internal DemoPlaces(string folder)
    {
        _folder = folder;

        // Two demos at a time then hardly ever meet; when they do, the port is in use and the demo says so.
        _subnet = $"127.{1 + _decisions.NextIndex(250)}.{_decisions.NextIndex(250)}";
    }

    internal IReadOnlyList<(LabMember Member, IPAddress Address, RecordingObserver Observer)> Members => _members;

    internal async Task<LabPlace> PlaceAsync(LabMember member, CancellationToken cancellationToken)
    {
        var address = IPAddress.Parse($"{_subnet}.{member.Index + 1}");
        var transport = new TcpTransport(new TcpTransportOptions { LocalAddress = address });
        var observer = new RecordingObserver();
        string folder = System.IO.Directory.CreateDirectory(Path.Combine(_folder, member.Name)).FullName;
        _transports.Add(transport);
        _members.Add((member, address, observer));
        return new LabPlace(
            new NodeSeams
            {
                Time = TimeProvider.System,
                Decisions = _decisions,
                Secrets = _secrets,
                Listeners = transport,
                Connections = transport,
                Loggers = NullLoggerFactory.Instance,
                Observer = observer,
                Blocks = member.Roles.HasFlag(NodeRoles.Store) ? await OpenStoreAsync(folder, cancellationToken) : null,
                State = await LiteDbNodeState.OpenAsync(Path.Combine(folder, "state.db"), cancellationToken),
            },
            new IPEndPoint(address, LinkPort));
    }

    public void Dispose()
    {
        foreach (var transport in _transports)
        {
            transport.Dispose();
        }
    }

    private async Task<IBlockStore> OpenStoreAsync(string folder, CancellationToken cancellationToken) =>
        await SegmentStore.OpenAsync(
            new SegmentStoreOptions { Folder = Path.Combine(folder, "blocks"), QuotaBytes = StoreQuotaBytes },
            TimeProvider.System,
            _decisions,
            cancellationToken);
}

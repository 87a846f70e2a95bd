using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Veil.Links.Tcp;
using Veil.Node;
using Veil.Node.Lab;
using Veil.Node.Observing;
using Veil.Noise.Seams;
using Veil.Storage.Segments;
using Veil.Wire.Seams;

namespace Veil.EndToEnd;

/// <summary>Real sockets and real files for the members of a lab network, each with a loopback address of its
/// own.</summary>
internal sealed class LoopbackPlaces : IDisposable
{
    private const int LinkPort = 9001;

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-end-to-end-");
    private readonly SystemDecisionSource _decisions = new();
    private readonly string _subnet;

    internal LoopbackPlaces() =>
        _subnet = $"127.{1 + _decisions.NextIndex(250)}.{_decisions.NextIndex(250)}";

    internal string Folder => _folder.FullName;

    internal Dictionary<string, RecordingObserver> Observers { get; } = [];

    internal async Task<LabPlace> PlaceAsync(LabMember member, CancellationToken cancellationToken)
    {
        var address = IPAddress.Parse($"{_subnet}.{member.Index + 1}");
        var transport = new TcpTransport(new TcpTransportOptions { LocalAddress = address });
        var observer = Observers[member.Name] = new RecordingObserver();
        return new LabPlace(
            new NodeSeams
            {
                Time = TimeProvider.System,
                Decisions = _decisions,
                Secrets = new SystemSecretSource(),
                Listeners = transport,
                Connections = transport,
                Loggers = NullLoggerFactory.Instance,
                Observer = observer,
                Blocks = member.Roles.HasFlag(NodeRoles.Store)
                    ? await SegmentStore.OpenAsync(
                        new SegmentStoreOptions { Folder = Path.Combine(Folder, member.Name), QuotaBytes = 1L << 30 },
                        TimeProvider.System,
                        _decisions,
                        cancellationToken)
                    : null,
            },
            new IPEndPoint(address, LinkPort));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

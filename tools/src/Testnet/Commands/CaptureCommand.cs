using System.Globalization;
using System.Net;
using Veil.Tools.Testnet.Capturing;
using Veil.Tools.Testnet.State;

namespace Veil.Tools.Testnet.Commands;

/// <summary>Shows with whom a node of a network with namespaces exchanges packets.</summary>
internal sealed class CaptureCommand(NetworkFolder folder, TimeProvider time)
{
    private readonly NetworkPlan _plan = folder.Plan();

    /// <summary>Captures.</summary>
    /// <param name="name">The node; it need not run.</param>
    /// <param name="limit">How long; null until cancelled.</param>
    /// <param name="stopping">Ends it early; no exception.</param>
    /// <exception cref="TestnetFailure">There is no such node, or it has no namespace.</exception>
    /// <exception cref="IOException">The system refused.</exception>
    internal async Task<CaptureDocument> RunAsync(string name, TimeSpan? limit, CancellationToken stopping)
    {
        var node = _plan.Node(name);
        if (node.Netns is null)
        {
            throw new TestnetFailure(
                ExitCodes.Failed,
                "no_namespace",
                "the nodes of this network share the host's interfaces",
                "make the network with --netns, as root");
        }

        if (!Processes.Namespaces.Of(_plan.Id).Contains(node.Netns))
        {
            throw new TestnetFailure(
                ExitCodes.NotRunning, "stopped", "this network was stopped", "make another one in another folder");
        }

        using var timer = limit is { } most
            ? new CancellationTokenSource(most, time)
            : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, stopping);
        var capture = new NodeCapture(node.Netns, IPAddress.Parse(node.Address));
        var since = time.GetTimestamp();
        await capture.RunAsync(() => Voice.Say($"capturing at {name} ({node.Address})"), either.Token);
        var rows = capture.Table.Rows().Select(row => row with { Node = OwnerOf(row.Remote) }).ToList();
        return new CaptureDocument
        {
            Node = name,
            Address = node.Address,
            Netns = node.Netns,
            Seconds = Math.Round(time.GetElapsedTime(since).TotalSeconds, 3),
            Rows = [.. rows.Where(row => !IsLinkLayer(row))],
            LinkLayer = [.. rows.Where(IsLinkLayer)],
            Loopback = Document(capture.Table.Loopback),
            ForOthers = Document(capture.Table.ForOthers),
            Dns = rows.Any(row => row.Dns),
            Lost = capture.Lost + capture.Table.Untracked,
        };
    }

    /// <summary>Prints it for people.</summary>
    internal static void Print(CaptureDocument capture)
    {
        Voice.Result($"{capture.Node} ({capture.Address}), {Number(capture.Seconds)} s");
        Voice.Result($"{"remote",-30}{"protocol",-10}{"direction",-11}{"conns",6}{"packets",10}{"bytes out",13}"
            + $"{"bytes in",13}  {"node",-14}dns");
        foreach (var row in capture.Rows)
        {
            Voice.Result(Line(row, $"{row.Remote}:{(row.Port == 0 ? "*" : row.Port)}"
                + (row.LocalPort == 0 ? "" : $" > :{row.LocalPort}")));
        }

        Voice.Result(capture.LinkLayer.Count == 0
            ? "link layer: nothing"
            : "link layer, on the local network only:");
        foreach (var row in capture.LinkLayer)
        {
            Voice.Result(Line(row, row.Remote));
        }

        var others = capture.Rows.Where(row => row.Protocol != Packet.Tcp).Sum(row => row.Packets);
        Voice.Result($"inside the node (loopback): {capture.Loopback.Packets} packets, {capture.Loopback.Bytes} bytes");
        Voice.Result($"for other nodes, passing by: {capture.ForOthers.Packets} packets");
        var notTcp = others == 0 ? "none" : $"{others} packets";
        Voice.Result($"DNS: {(capture.Dns ? "SEEN" : "none")}; not TCP: {notTcp}; lost: {capture.Lost} packets");
    }

    private static string Line(TrafficRow row, string remote) =>
        $"{remote,-30}{row.Protocol,-10}{row.Direction,-11}{row.Connections,6}{row.Packets,10}{row.BytesOut,13}"
        + $"{row.BytesIn,13}  {row.Node ?? "-",-14}{(row.Dns ? "YES" : "no")}";

    private static bool IsLinkLayer(TrafficRow row) => row.Protocol is Packet.Arp or Packet.NeighbourDiscovery;

    private static CountDocument Document(Count count) => new(count.Packets, count.Bytes);

    private static string Number(double seconds) => seconds.ToString("0.0", CultureInfo.InvariantCulture);

    private string? OwnerOf(string address) => _plan.Nodes.FirstOrDefault(node => node.Address == address)?.Name;
}

using System.Net;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Bench.Content;

/// <summary>
/// A video of <c>--mib N</c> (default 1,024) behind links that take <c>--latency-ms N</c> one way (default 25), as curl
/// sees it through the gateway: the time from giving the key to the first byte, for users who were never there
/// (<c>--openings N</c>, default 10), and to the first byte after a seek (<c>--seeks N</c> each, default 5), in round
/// trips of a circuit. <c>--stores N</c> (default 6).
/// </summary>
internal sealed class VideoBench(BenchOptions options) : IBench
{
    // Client, three relays, store: four links, crossed twice.
    private const int Crossings = 8;

    private static readonly string[] _nodes = ["gateway1", "relay1", "store1"];

    /// <inheritdoc/>
    public string Name => "video";

    /// <inheritdoc/>
    public string Summary =>
        "first byte of a video: [--latency-ms 25] [--mib 1024] [--openings 10] [--seeks 5] [--stores 6]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        int latency = options.Number("--latency-ms", 25);
        long bytes = (long)options.Number("--mib", 1024) << 20;
        var raw = CopyRun.RawRate();
        using var net = LabNet.Start(
            Name, new LabShape(Relays: 3) { Stores = options.Number("--stores", 6), LatencyMilliseconds = latency });
        string key = PublishAsync(net, bytes).GetAwaiter().GetResult();
        int port = IPEndPoint.Parse(net["gateway1"].Status().Socks!).Port;
        var decisions = new Veil.Wire.Seams.SystemDecisionSource();
        List<double> first = [];
        List<double> seeks = [];
        for (int opening = 0; opening < options.Number("--openings", 10); opening++)
        {
            var viewer = new Curl(port, $"viewer{opening}");
            var (opened, url) = viewer.Open(key);
            first.Add(opened + viewer.FirstByte(url, 0));
            for (int seek = 0; seek < options.Number("--seeks", 5); seek++)
            {
                long place = (long)(decisions.NextIndex(1_000_000) / 1_000_000.0 * (bytes - 1024));
                seeks.Add(viewer.FirstByte(url, place));
            }
        }

        double roundTrip = Crossings * latency;
        var begin = new Measurement("first byte", "ms", first);
        var sought = new Measurement("first byte after a seek", "ms", seeks);
        return new BenchReport(
            Name,
            [
                begin,
                new Measurement("  in round trips", "", [.. first.Select(time => time / roundTrip)]),
                sought,
                new Measurement("  in round trips", "", [.. seeks.Select(time => time / roundTrip)]),
                new Measurement("round trip's delays", "ms", [roundTrip]),
            ],
            raw,
            0,
            new Dictionary<string, double>(),
            _nodes.ToDictionary(node => node, node => LabNode.PeakOf(net[node].Status().Pid)));
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) => new RawBench().PlayAsync(role, arguments);

    private static async Task<string> PublishAsync(LabNet net, long length)
    {
        using var client = new ControlClient(new DataPaths(net["gateway1"].Data).ControlSocket);
        try
        {
            return (await RandomBytes.PublishAsync(client, "bench.mp4", length)).Key;
        }
        catch (ControlException fault)
        {
            throw new IOException(fault.Message, fault);
        }
    }
}

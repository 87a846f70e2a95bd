using System.Globalization;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Bench.Content;

/// <summary>
/// Content: encoding beside its bare operations (<c>--encode-mib N</c>, default 256); publishing and fetching a file
/// over real processes, three relays and six stores (<c>--mib N</c>, default 512; <c>--samples N</c>, default 3).
/// </summary>
internal sealed class ContentBench(BenchOptions options) : IBench
{
    private static readonly string[] _nodes =
        ["gateway1", "relay1", "relay2", "relay3", "store1", "store2", "store3", "store4", "store5", "store6"];

    /// <inheritdoc/>
    public string Name => "content";

    /// <inheritdoc/>
    public string Summary =>
        "encoding, publishing, fetching: [--encode-mib 256] [--mib 512] [--samples 3]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        int samples = options.Number("--samples", 3);
        var encoded = EncodeRun.Take(options.Number("--encode-mib", 256));
        using var net = LabNet.Start(Name, new LabShape(Relays: 3) { Stores = 6 });
        var copies = new List<CopyRun>(CopyRun.Raw());
        int mebibytes = options.Number("--mib", 512);
        var runs = Enumerable.Range(0, samples)
            .Select(_ => RunAsync(net, mebibytes).GetAwaiter().GetResult()).ToArray();
        copies.AddRange(CopyRun.Raw());
        double raw = CopyRun.RateOf(copies);
        double bare = encoded.Bare.Sum(operation => operation.Seconds);
        var publish = new Measurement("publish", "MiB/s", [.. runs.Select(run => run.Publish)]);
        var fetch = new Measurement("fetch", "MiB/s", [.. runs.Select(run => run.Fetch)]);
        return new BenchReport(
            Name,
            [
                new Measurement("encoding to its bare operations", "ratio", [bare / encoded.Whole]),
                .. encoded.Bare.Select(operation => new Measurement(
                    $"  {operation.Operation}", "ms", [operation.Seconds * 1000])),
                publish,
                new Measurement("publish to raw", "ratio", [publish.Value / raw]),
                fetch,
            ],
            raw,
            fetch.Value / raw,
            _nodes.ToDictionary(node => node, node => Measurement.MedianOf(runs.Select(run => run.PerGiB[node]))),
            _nodes.ToDictionary(node => node, node => LabNode.PeakOf(net[node].Status().Pid)));
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) => new RawBench().PlayAsync(role, arguments);

    private static async Task<ContentRun> RunAsync(LabNet net, int mebibytes)
    {
        var pids = _nodes.ToDictionary(node => node, node => net[node].Status().Pid);
        using var client = new ControlClient(new DataPaths(net["gateway1"].Data).ControlSocket);
        try
        {
            long start = TimeProvider.System.GetTimestamp();
            var added = await RandomBytes.PublishAsync(client, "bench.bin", (long)mebibytes << 20);
            double published = TimeProvider.System.GetElapsedTime(start).TotalSeconds;

            var before = pids.ToDictionary(node => node.Key, node => LabNode.ProcessorOf(node.Value));
            start = TimeProvider.System.GetTimestamp();
            await client.GetAsync(added.Key, _ => Stream.Null, CancellationToken.None);
            double fetched = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
            return new ContentRun(
                mebibytes / published,
                mebibytes / fetched,
                pids.ToDictionary(
                    node => node.Key,
                    node => (LabNode.ProcessorOf(node.Value) - before[node.Key]).TotalSeconds * 1024 / mebibytes));
        }
        catch (ControlException fault)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{mebibytes} MiB: {fault.Message}"));
        }
    }

    /// <summary>One sample: MiB/s, and processor seconds for each GiB fetched, by node.</summary>
    private sealed record ContentRun(double Publish, double Fetch, Dictionary<string, double> PerGiB);
}

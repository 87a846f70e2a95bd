namespace Veil.Bench.Streams;

/// <summary>
/// What bulk does to somebody else's keystrokes: the echo of one byte through three relays that carry
/// <c>--rate-mib N</c> a second at most (default 50), idle, and while eight downloads of other users saturate them.
/// <c>--echoes N</c> each (default 4,000).
/// </summary>
internal sealed class FairBench(BenchOptions options) : IBench
{
    private const int BulkStreams = 8;

    private static readonly TimeSpan _settling = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public string Name => "fair";

    /// <inheritdoc/>
    public string Summary => "echo beside eight downloads, relays limited: [--rate-mib 50] [--echoes 4000]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        int rate = options.Number("--rate-mib", 50);
        int echoes = options.Number("--echoes", 4_000);
        using var net = StreamNet.Start(this);
        foreach (string relay in StreamNet.Relays)
        {
            net.Net[relay].Set(RelayedBytes.RateSetting, $"{rate}MiB");
        }

        double[] idle = Echo.Play(this, net.Route, echoes);
        using var loader = net.Start(Loader.Role, $"{BulkStreams}");
        loader.ReadLine();
        Task.Delay(_settling, TimeProvider.System).GetAwaiter().GetResult();
        var carried = StreamNet.Relays.Select(relay => RelayedBytes.Start(net.Net[relay])).ToArray();
        double[] busy = Echo.Play(this, net.Route, echoes);
        double load = carried.Max(relay => relay.Rates().Written);
        var peaks = net.Processes().ToDictionary(process => process.Name, process => LabNode.PeakOf(process.Id));
        int broken = Loader.End(loader);
        double raw = CopyRun.RawRate();
        return new BenchReport(
            Name,
            [
                new Measurement("echo, idle", "ms", idle),
                new Measurement("echo, idle, p99", "ms", [Measurement.PercentileOf(idle, 99)]),
                new Measurement("echo beside bulk", "ms", busy),
                new Measurement("echo beside bulk, p99", "ms", [Measurement.PercentileOf(busy, 99)]),
                new Measurement(
                    "beside bulk to idle", "ratio", [Measurement.MedianOf(busy) / Measurement.MedianOf(idle)]),
                new Measurement("busiest relay sends", "MiB/s", [load]),
                new Measurement("that to its limit", "ratio", [load / rate]),
                new Measurement("downloads that broke", "", [broken]),
            ],
            raw,
            load / raw,
            new Dictionary<string, double>(),
            peaks);
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) => StreamNet.PlayAsync(role, arguments);
}

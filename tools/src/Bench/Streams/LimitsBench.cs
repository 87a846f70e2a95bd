namespace Veil.Bench.Streams;

/// <summary>
/// Whether a relay keeps to <c>Limits:Rate</c>: a download through it at 1 MiB/s for <c>--seconds N</c> (default 30),
/// and another at 4 MiB/s; both limits are set while it runs.
/// </summary>
internal sealed class LimitsBench(BenchOptions options) : IBench
{
    private const string Limited = "relay2";

    private static readonly int[] _limits = [1, 4];

    // What the old limit let through, and a second's worth that may pass at once, are over by then.
    private static readonly TimeSpan _settling = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public string Name => "limits";

    /// <inheritdoc/>
    public string Summary => "a relay's rate beside the limit that is set: [--seconds 30]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        var time = TimeSpan.FromSeconds(options.Number("--seconds", 30));
        using var net = StreamNet.Start(this);
        var relay = net.Net[Limited];
        var results = new List<Measurement>();
        double written = 0;
        int broken = 0;
        foreach (int limit in _limits)
        {
            using var loader = net.Start(Loader.Role, "1");
            loader.ReadLine();
            relay.Set(RelayedBytes.RateSetting, $"{limit}MiB");
            Task.Delay(_settling, TimeProvider.System).GetAwaiter().GetResult();
            var carried = RelayedBytes.Start(relay);
            Task.Delay(time, TimeProvider.System).GetAwaiter().GetResult();
            (double read, written) = carried.Rates();
            broken += Loader.End(loader);
            results.Add(new Measurement($"written at {limit} MiB/s", "MiB/s", [written]));
            results.Add(new Measurement("written to the limit", "ratio", [written / limit]));
            results.Add(new Measurement("read to the limit", "ratio", [read / limit]));
        }

        double peak = LabNode.PeakOf(relay.Status().Pid);
        results.Add(new Measurement("downloads that broke", "", [broken]));
        double raw = CopyRun.RawRate();
        return new BenchReport(
            Name,
            results,
            raw,
            written / raw,
            new Dictionary<string, double>(),
            new Dictionary<string, double> { [Limited] = peak });
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) => StreamNet.PlayAsync(role, arguments);
}

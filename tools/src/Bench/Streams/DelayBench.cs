namespace Veil.Bench.Streams;

/// <summary>
/// A stream where every link takes its time: <c>--latency-ms N</c> one way (default 25). Its rate
/// (<c>--mib N</c> a sample, default 512; <c>--samples N</c>, default 3), and the time to the first byte
/// (<c>--openings N</c>, default 20) beside the crossings of links that the protocol needs.
/// </summary>
internal sealed class DelayBench(BenchOptions options) : IBench
{
    // Gateway, three relays, exit: four links; a question and its answer cross each twice.
    private const int RoundTrip = 2 * 4;

    // The request to the exit and its answer; then the client's question to the target, and the first byte.
    private const int WarmCrossings = 2 * RoundTrip;

    // Before that EXTEND to the exit, on a trunk that was built ahead.
    private const int FreshCrossings = RoundTrip + WarmCrossings;

    /// <inheritdoc/>
    public string Name => "delay";

    /// <inheritdoc/>
    public string Summary => "the same with delayed links: [--latency-ms 25] [--mib 512] [--samples 3] [--openings 20]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        int latency = options.Number("--latency-ms", 25);
        using var net = StreamNet.Start(this, latency);
        var first = FirstByte.Play(net, options.Number("--openings", 20));
        double raw = CopyRun.RawRate();
        var runs = Download.Play(net, (1, options.Number("--mib", 512), options.Number("--samples", 3)));
        var rate = new Measurement("one stream", "MiB/s", [.. runs.Select(run => run.Rate)]);
        var warm = new Measurement("first byte, warm", "ms", first.Warm);
        var fresh = new Measurement("first byte, new circuit", "ms", first.Fresh);
        return new BenchReport(
            Name,
            [
                rate,
                warm,
                new Measurement("its delays alone", "ms", [WarmCrossings * latency]),
                new Measurement("ratio", "", [warm.Value / (WarmCrossings * latency)]),
                fresh,
                new Measurement("delays alone, new", "ms", [FreshCrossings * latency]),
                new Measurement("ratio, new", "", [fresh.Value / (FreshCrossings * latency)]),
            ],
            raw,
            rate.Value / raw,
            runs[0].PerGiB.Keys.ToDictionary(
                process => process, process => Measurement.MedianOf(runs.Select(run => run.PerGiB[process]))),
            runs[^1].Peaks);
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) => StreamNet.PlayAsync(role, arguments);
}

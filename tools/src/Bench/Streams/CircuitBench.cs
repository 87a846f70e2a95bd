namespace Veil.Bench.Streams;

/// <summary>
/// The whole way of a user's bytes: a client process, SOCKS, a gateway, three relays, an exit, a target. Downloads over
/// one stream and over eight, and the echo of one byte beside the same through five plain forwarders.
/// <c>--mib N</c> a sample (default 1,024), <c>--samples N</c> (default 5), <c>--echoes N</c> (default 2,000).
/// </summary>
internal sealed class CircuitBench(BenchOptions options) : IBench
{
    private const int ManyStreams = 8;

    // As many as there are nodes: the gateway, three relays, the exit.
    private const int Forwarders = 5;

    /// <inheritdoc/>
    public string Name => "circuit";

    /// <inheritdoc/>
    public string Summary => "a stream through gateway, relays and exit: [--mib 1024] [--samples 5] [--echoes 2000]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        int mebibytes = options.Number("--mib", 1024);
        int samples = options.Number("--samples", 5);
        int echoes = options.Number("--echoes", 2000);
        using var net = StreamNet.Start(this);
        var raw = new List<CopyRun>();
        var forwarded = Forwarded(net.Route.Target, echoes);
        var echoed = Echo.Play(this, net.Route, echoes);
        raw.AddRange(CopyRun.Raw());
        var one = Download.Play(net, (1, mebibytes, samples));
        raw.AddRange(CopyRun.Raw());
        var many = Download.Play(net, (ManyStreams, mebibytes, samples));
        raw.AddRange(CopyRun.Raw());
        double rawRate = CopyRun.RateOf(raw);
        var rate = new Measurement("one stream", "MiB/s", [.. one.Select(run => run.Rate)]);
        var all = new Measurement("eight streams together", "MiB/s", [.. many.Select(run => run.Rate)]);
        var (trip, plain) = (Measurement.MedianOf(echoed), Measurement.MedianOf(forwarded));
        return new BenchReport(
            Name,
            [
                rate,
                all,
                new Measurement("eight streams to raw", "ratio", [all.Value / rawRate]),
                new Measurement("round trip", "ms", echoed),
                new Measurement("round trip, p99", "ms", [Measurement.PercentileOf(echoed, 99)]),
                new Measurement("five forwarders", "ms", forwarded),
                new Measurement("five forwarders, p99", "ms", [Measurement.PercentileOf(forwarded, 99)]),
                new Measurement("round trip to forwarders", "ratio", [trip / plain]),
                .. Counts(one, ""),
                .. Counts(many, ", eight"),
            ],
            rawRate,
            rate.Value / rawRate,
            Costs(one, raw).Concat(Costs(many, []).Select(cost => ($"{cost.Process}, eight", cost.Seconds)))
                .ToDictionary(cost => cost.Item1, cost => cost.Item2),
            one[^1].Peaks.Concat(many[^1].Peaks.Select(peak => KeyValuePair.Create($"{peak.Key}, eight", peak.Value)))
                .ToDictionary());
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) => StreamNet.PlayAsync(role, arguments);

    // The sum is that of the network: the client and the target are there without one, too.
    private static IEnumerable<(string Process, double Seconds)> Costs(List<DownloadRun> runs, List<CopyRun> raw)
    {
        foreach (string process in runs[0].PerGiB.Keys)
        {
            yield return (process, Measurement.MedianOf(runs.Select(run => run.PerGiB[process])));
        }

        yield return (
            "five nodes", Measurement.MedianOf(runs.Select(run => StreamNet.Nodes.Sum(node => run.PerGiB[node]))));
        if (raw.Count > 0)
        {
            yield return ("raw sender", Measurement.MedianOf(raw.Select(run => run.Sender.ProcessorSecondsPerGiB)));
            yield return ("raw receiver", Measurement.MedianOf(raw.Select(run => run.Receiver.ProcessorSecondsPerGiB)));
        }
    }

    // Half a million cells are a GiB: what is allocated for each would be tens of MiB.
    private static IEnumerable<Measurement> Counts(List<DownloadRun> runs, string suffix) =>
        StreamNet.Nodes.SelectMany(node => (Measurement[])
        [
            new($"{node} allocates{suffix}", "MiB/GiB", [.. runs.Select(run => run.Counts[node].Allocated / 1048576)]),
            new($"{node} waits for locks{suffix}", "per GiB", [.. runs.Select(run => run.Counts[node].Contended)]),
        ]);

    private double[] Forwarded(int target, int echoes)
    {
        var chain = new List<ChildProcess>();
        try
        {
            string next = $"{target}";
            for (int index = 0; index < Forwarders; index++)
            {
                chain.Add(new ChildProcess(this, PlainForwarder.Role, next));
                next = chain[^1].ReadLine();
            }

            return Echo.Play(this, Route.Parse(["0", next]), echoes);
        }
        finally
        {
            chain.ForEach(forwarder => forwarder.Dispose());
        }
    }
}

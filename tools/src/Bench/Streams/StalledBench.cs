using System.Text.Json;

namespace Veil.Bench.Streams;

/// <summary>
/// What readers that stop do to a relay: <c>--circuits N</c> streams (default 500) from relay1 to the exit whose
/// senders push <c>--kib N</c> each (default 2,048). First nobody reads the streams for <c>--seconds N</c> (default
/// 60). Then, once all are being read, the process that reads is frozen as long, so that its links stand full. Memory
/// of relay1, whose cells may take <c>--memory N</c> MiB (default 128, so that all of the process stays within 256);
/// somebody else's download through it; and whether every byte comes in the end.
/// </summary>
internal sealed class StalledBench(BenchOptions options) : IBench
{
    private const string Relay = "relay1";
    private const int KiB = 1024;

    private static readonly (int Streams, int MiB, int Samples) _probe = (1, 192, 3);

    // Long enough that all streams flow, and short enough that none has come to its end.
    private static readonly TimeSpan _flowing = TimeSpan.FromMilliseconds(1500);

    /// <inheritdoc/>
    public string Name => "stalled";

    /// <inheritdoc/>
    public string Summary =>
        "readers that stop, at one relay: [--circuits 500] [--seconds 60] [--kib 2048] [--memory 128]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        int circuits = options.Number("--circuits", 500);
        int bytes = options.Number("--kib", 2048) * KiB;
        var time = TimeSpan.FromSeconds(options.Number("--seconds", 60));
        using var net = StreamNet.Start(this);
        var relay = net.Net[Relay];
        relay.Set("Limits:Memory", $"{options.Number("--memory", 128)}MiB");
        int pid = relay.Status().Pid;
        double raw = CopyRun.RawRate();
        double before = Probe(net);
        double empty = LabNode.PeakOf(pid);
        using var readers = new ChildProcess(
            this,
            StalledReaders.Role,
            [net.Net.NetworkFile, relay.Data, net.Net["exit1"].Data, $"{net.Route.Target}", $"{circuits}", $"{bytes}"]);
        double opened = double.Parse(readers.ReadLine());
        var unread = Stall(net, pid, time);
        readers.GoOn();
        Wait(_flowing);
        readers.Freeze();
        var frozen = Stall(net, pid, time);
        readers.Thaw();
        var arrived = JsonSerializer.Deserialize<Arrived>(readers.ReadLine())!;
        return new BenchReport(
            Name,
            [
                new Measurement("streams opened", "", [opened]),
                new Measurement("others before", "MiB/s", [before]),
                new Measurement("others, streams unread", "MiB/s", [unread.Others]),
                new Measurement("that to before", "ratio", [unread.Others / before]),
                new Measurement("others, readers frozen", "MiB/s", [frozen.Others]),
                new Measurement("that to before", "ratio", [frozen.Others / before]),
                new Measurement("granted, streams unread", "MiB", [unread.Granted]),
                new Measurement("granted, readers frozen", "MiB", [frozen.Granted]),
                new Measurement("streams whole", "", [arrived.Whole]),
                new Measurement("streams not whole", "", [arrived.Broken]),
                new Measurement("bytes arrived", "ratio", [arrived.Bytes / ((double)circuits * bytes)]),
            ],
            raw,
            before / raw,
            new Dictionary<string, double>(),
            new Dictionary<string, double>
            {
                ["relay1 before"] = empty,
                ["relay1, streams unread"] = unread.Peak,
                ["relay1, readers frozen"] = frozen.Peak,
                ["relay1 in the end"] = LabNode.PeakOf(pid),
                ["exit1 in the end"] = LabNode.PeakOf(net.Net["exit1"].Status().Pid),
            });
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) => StreamNet.PlayAsync(role, arguments);

    private static Stalled Stall(StreamNet net, int pid, TimeSpan time)
    {
        long start = TimeProvider.System.GetTimestamp();
        double others = Probe(net);
        double granted = net.Net[Relay].Status().Memory.Used / 1048576.0;
        var rest = time - TimeProvider.System.GetElapsedTime(start);
        Wait(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
        return new Stalled(others, granted, LabNode.PeakOf(pid));
    }

    private static double Probe(StreamNet net) =>
        Measurement.MedianOf(Download.Play(net, _probe).Select(run => run.Rate));

    private static void Wait(TimeSpan time) => Task.Delay(time, TimeProvider.System).GetAwaiter().GetResult();

    /// <summary>MiB/s of a download meanwhile, MiB that the relay has granted to circuits, and its highest resident set
    /// so far, MiB.</summary>
    private sealed record Stalled(double Others, double Granted, double Peak);
}

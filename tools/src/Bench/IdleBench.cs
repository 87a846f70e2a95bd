using System.Globalization;

namespace Veil.Bench;

/// <summary>
/// What an idle circuit costs a relay process in memory: circuits of one hop, which end there, and circuits of two
/// hops, which pass through, each in a process of the relay that was started anew. <c>--circuits N</c> (default
/// 10,000), <c>--seconds N</c> that they rest before the look (default 30: unused room is given back after 10).
/// </summary>
internal sealed class IdleBench(BenchOptions options) : IBench
{
    private const string Relay = "relay1";

    // Compiles what setting up circuits needs, so that the first look does not miss it.
    private const int WarmUp = 1_000;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public string Name => "idle";

    /// <inheritdoc/>
    public string Summary => "memory of idle circuits at a relay process: [--circuits 10000] [--seconds 30]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        using var net = LabNet.Start(Name, new LabShape(Relays: 1));
        var (ending, peakEnding) = Measure(net, "ending", hops: 1);
        var (passing, peakPassing) = Measure(net, "passing", hops: 2);
        return new BenchReport(
            Name,
            [.. ending, .. passing],
            CopyRun.RawRate(),
            0,
            new Dictionary<string, double>(),
            new Dictionary<string, double> { ["relay, ending"] = peakEnding, ["relay, passing"] = peakPassing });
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) => CircuitHolder.PlayAsync(arguments);

    private (IReadOnlyList<Measurement> Results, double Peak) Measure(LabNet net, string kind, int hops)
    {
        net.RestartObserved(Relay);
        var relay = net[Relay];
        var status = relay.Status();
        int circuits = options.Number("--circuits", 10_000);
        using (var warmUp = CircuitHolder.Start(this, net, status.NodeId!, (WarmUp, hops, 1)))
        {
            warmUp.ReadLine();
            warmUp.ReadLine();
        }

        int idleBefore = WaitForEnd(relay);
        long heapBefore = Collect(net, status.Pid);
        double empty = LabNode.ResidentOf(status.Pid);
        using var child = CircuitHolder.Start(
            this, net, status.NodeId!, (circuits, hops, options.Number("--seconds", 30)));
        child.ReadLine();
        double alive = double.Parse(child.ReadLine(), CultureInfo.InvariantCulture);
        double held = relay.Status().Circuits - idleBefore;
        double resting = LabNode.ResidentOf(status.Pid);
        long heap = Collect(net, status.Pid) - heapBefore;
        double collected = LabNode.ResidentOf(status.Pid);
        double share = 1024 / Math.Max(held, 1);
        return (
            [
                new Measurement($"{kind}: open at client", "", [alive]),
                new Measurement($"{kind}: held by relay", "", [held]),
                new Measurement($"{kind}: heap before", "MiB", [heapBefore / 1048576.0]),
                new Measurement($"{kind}: heap after", "MiB", [(heapBefore + heap) / 1048576.0]),
                new Measurement($"{kind}: resident before", "MiB", [empty]),
                new Measurement($"{kind}: resident as it is", "MiB", [resting]),
                new Measurement($"{kind}: resident after GC", "MiB", [collected]),
                new Measurement($"{kind}: heap", "KiB each", [heap / 1048576.0 * share]),
                new Measurement($"{kind}: resident", "KiB each", [(collected - empty) * share]),
                new Measurement($"{kind}: with garbage", "KiB each", [(resting - empty) * share]),
            ],
            LabNode.PeakOf(status.Pid));
    }

    private static long Collect(LabNet net, int pid) =>
        LabNode.CollectAsync(pid, net.AnswerFolder).GetAwaiter().GetResult();

    // The warming-up circuits end with their client's links; what the network itself holds open comes and goes.
    private static int WaitForEnd(LabNode relay)
    {
        while (true)
        {
            int circuits = relay.Status().Circuits;
            if (circuits < WarmUp / 10)
            {
                return circuits;
            }

            Task.Delay(_pause, TimeProvider.System).GetAwaiter().GetResult();
        }
    }
}

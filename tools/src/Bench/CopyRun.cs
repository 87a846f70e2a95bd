namespace Veil.Bench;

/// <summary>One copy between two child processes of a bench: the roles <c>receive</c> and <c>send</c>.</summary>
/// <param name="Receiver">Figures of the receiving process; its rate is the copy's.</param>
/// <param name="Sender">Figures of the sending process.</param>
internal sealed record CopyRun(ProcessFigures Receiver, ProcessFigures Sender)
{
    internal const string ReceiveRole = "receive";
    internal const string SendRole = "send";

    /// <summary>Bytes measured in a copy: about half a second of the raw one.</summary>
    internal const long Bytes = 1L << 30;

    /// <summary>Copies of each kind, taken in turns so that a noisy moment hits both.</summary>
    internal const int Samples = 5;

    /// <summary>Starts both processes and waits for them. The receiver's first line is its port.</summary>
    internal static CopyRun Of(IBench bench)
    {
        using var receiver = new ChildProcess(bench, ReceiveRole);
        using var sender = new ChildProcess(bench, SendRole, receiver.ReadLine());
        return new CopyRun(receiver.Finish(), sender.Finish());
    }

    /// <summary>Raw copies, <see cref="Samples"/> of them: one alone is half as fast again as another on a machine
    /// whose processors are others' too.</summary>
    internal static IReadOnlyList<CopyRun> Raw() =>
        [.. Enumerable.Range(0, Samples).Select(_ => Of(new RawBench()))];

    /// <summary>The median rate of <see cref="Raw()"/>, in MiB/s.</summary>
    internal static double RawRate() => RateOf(Raw());

    /// <summary>The median rate of copies, in MiB/s.</summary>
    internal static double RateOf(IEnumerable<CopyRun> runs) =>
        Measurement.MedianOf(runs.Select(run => run.Receiver.MiBPerSecond));

    /// <summary>The report of a bench whose one figure is the rate of a copy.</summary>
    internal static BenchReport Report(IBench bench, IReadOnlyList<CopyRun> runs, IReadOnlyList<CopyRun> raw)
    {
        var rate = new Measurement("copy", "MiB/s", [.. runs.Select(run => run.Receiver.MiBPerSecond)]);
        var rawRate = RateOf(raw);
        return new BenchReport(
            bench.Name,
            [rate],
            rawRate,
            rate.Value / rawRate,
            ByProcess(runs, figures => figures.ProcessorSecondsPerGiB, Measurement.MedianOf),
            ByProcess(runs, figures => figures.ResidentMiB, Enumerable.Max));
    }

    private static Dictionary<string, double> ByProcess(
        IReadOnlyList<CopyRun> runs,
        Func<ProcessFigures, double> figure,
        Func<IEnumerable<double>, double> fold) => new()
        {
            ["sender"] = fold(runs.Select(run => figure(run.Sender))),
            ["receiver"] = fold(runs.Select(run => figure(run.Receiver))),
        };
}

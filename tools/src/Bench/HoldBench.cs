using System.Globalization;

namespace Veil.Bench;

/// <summary>
/// How many circuits one relay holds: a lab network of <c>veil run</c> processes, and a process that builds circuits of
/// two hops whose first is always the same relay. <c>--circuits N</c> (default 20,000), <c>--seconds N</c> that they
/// are held idle (default 30). The relay's own status is the witness.
/// </summary>
internal sealed class HoldBench(BenchOptions options) : IBench
{
    /// <inheritdoc/>
    public string Name => "hold";

    /// <inheritdoc/>
    public string Summary => "idle circuits of one relay process: [--circuits 20000] [--seconds 30]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        using var net = LabNet.Start(Name, new LabShape(Relays: 1));
        int count = options.Number("--circuits", 20_000);
        var relay = net["relay1"];
        var before = relay.Status();
        double empty = LabNode.ResidentOf(before.Pid);
        using var child = CircuitHolder.Start(
            this, net, before.NodeId!, (count, 2, options.Number("--seconds", 30)));
        double built = Number(child.ReadLine());
        var full = relay.Status();
        double loaded = LabNode.ResidentOf(before.Pid);
        double alive = Number(child.ReadLine());
        var idle = relay.Status();
        Console.Error.WriteLine($"relay1 counts {string.Join(", ", idle.Counters)}");
        double circuits = idle.Circuits - before.Circuits;
        double rested = LabNode.ResidentOf(before.Pid);
        return new BenchReport(
            Name,
            [
                new Measurement("built", "/s", [count / built]),
                new Measurement("open at the client", "", [alive]),
                new Measurement("held by the relay", "", [circuits]),
                new Measurement("granted while building", "MiB", [full.Memory.Used / 1048576.0]),
                new Measurement("granted when idle", "MiB", [idle.Memory.Used / 1048576.0]),
                new Measurement("resident, empty", "MiB", [empty]),
                new Measurement("resident, building", "MiB", [loaded]),
                new Measurement("resident, idle", "MiB", [rested]),
                new Measurement("resident a circuit", "KiB", [(rested - empty) * 1024 / Math.Max(circuits, 1)]),
            ],
            CopyRun.RawRate(),
            0,
            new Dictionary<string, double>(),
            new Dictionary<string, double>());
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) => CircuitHolder.PlayAsync(arguments);

    private static double Number(string line) => double.Parse(line, CultureInfo.InvariantCulture);
}

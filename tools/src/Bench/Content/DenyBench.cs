using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Bench.Content;

/// <summary>
/// Fetching while a third of the stores deny everything: they are there, and say of every block that they do not have
/// it, which is true, because their files are taken away. <c>--stores N</c>, default 12; <c>--mib N</c>, default 64;
/// <c>--samples N</c>, default 5.
/// </summary>
internal sealed class DenyBench(BenchOptions options) : IBench
{
    private const string Gateway = "gateway1";

    /// <inheritdoc/>
    public string Name => "deny";

    /// <inheritdoc/>
    public string Summary =>
        "fetching while a third of the stores denies everything: [--stores 12] [--mib 64] [--samples 5]";

    /// <inheritdoc/>
    public BenchReport Run() => RunAsync().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) => new RawBench().PlayAsync(role, arguments);

    private async Task<BenchReport> RunAsync()
    {
        int stores = options.Number("--stores", 12);
        int mebibytes = options.Number("--mib", 64);
        int samples = options.Number("--samples", 5);
        var raw = CopyRun.RawRate();
        using var net = LabNet.Start(Name, new LabShape(Relays: 3) { Stores = stores });
        using var client = new ControlClient(new DataPaths(net[Gateway].Data).ControlSocket);
        try
        {
            var added = await RandomBytes.PublishAsync(client, "bench.bin", (long)mebibytes << 20);
            var usual = await FetchAsync(client, added.Key, samples);
            foreach (int store in Enumerable.Range(1, stores / 3))
            {
                net.RestartWithout($"store{store}", data => new DataPaths(data).Blocks);
            }

            var denied = await FetchAsync(client, added.Key, samples);
            var slower = new Measurement("a third denies", "s", denied);
            var before = new Measurement("usual", "s", usual);
            return new BenchReport(
                Name,
                [before, slower, new Measurement("to the usual time", "ratio", [slower.Value / before.Value])],
                raw,
                mebibytes / slower.Value / raw,
                new Dictionary<string, double>(),
                new Dictionary<string, double> { [Gateway] = LabNode.PeakOf(net[Gateway].Status().Pid) });
        }
        catch (ControlException fault)
        {
            throw new IOException(fault.Message, fault);
        }
    }

    // Seconds. The first is not counted: links and code are cold.
    private static async Task<double[]> FetchAsync(ControlClient client, string key, int samples)
    {
        var seconds = new List<double>();
        for (var sample = 0; sample <= samples; sample++)
        {
            long start = TimeProvider.System.GetTimestamp();
            await client.GetAsync(key, _ => Stream.Null, CancellationToken.None);
            seconds.Add(TimeProvider.System.GetElapsedTime(start).TotalSeconds);
        }

        return [.. seconds.Skip(1)];
    }
}

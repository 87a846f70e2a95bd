using System.Diagnostics;
using System.Text.Json;

namespace Veil.Bench;

/// <summary>
/// The demo as users start it: one process holds all nodes, so there are no figures by role; the raw copy is the
/// demo's own,
/// taken between two processes in the same run.
/// </summary>
internal sealed class DemoBench : IBench
{
    private const int Samples = 5;
    private const string Size = "64MiB";

    /// <inheritdoc/>
    public string Name => "demo";

    /// <inheritdoc/>
    public string Summary => "publish and fetch of `veil demo`, 64 MiB, all nodes in one process";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        var runs = Enumerable.Range(0, Samples).Select(_ => RunOnce()).ToArray();
        double[] Of(Func<JsonElement, double> figure) => [.. runs.Select(figure)];
        var bytes = runs[0].GetProperty("bytes").GetInt64() / 1048576.0;
        var raw = new Measurement("raw", "MiB/s", Of(run => run.GetProperty("raw_mib_s").GetDouble()));
        var ratio = new Measurement("ratio", "", Of(run => run.GetProperty("ratio").GetDouble()));
        return new BenchReport(
            Name,
            [
                new Measurement("start", "s", Of(run => run.GetProperty("start_seconds").GetDouble())),
                new Measurement("publish", "MiB/s", Of(run => bytes / run.GetProperty("publish_seconds").GetDouble())),
                new Measurement("fetch", "MiB/s", Of(run => run.GetProperty("fetch_mib_s").GetDouble())),
                new Measurement(
                    "publish to raw",
                    "ratio",
                    Of(run => bytes / run.GetProperty("publish_seconds").GetDouble() / run.GetProperty(
                        "raw_mib_s").GetDouble())),
            ],
            raw.Value,
            ratio.Value,
            new Dictionary<string, double>(),
            new Dictionary<string, double>());
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) =>
        throw new InvalidOperationException("the demo starts its own processes");

    private static JsonElement RunOnce()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "veil.dll"), "demo", "--size",
            Size, "--json"])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new IOException("cannot start the demo");
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"the demo ended with {process.ExitCode}: {output}");
        }

        using var document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }
}

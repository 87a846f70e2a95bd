using System.Text.Json;
using Xunit;

namespace Veil.EndToEnd;

/// <summary>The same seed plays the same story, in another process, too (spec/simulation.md).</summary>
public sealed class SimulationSeedTests
{
    private const string Seeds = "1..20";

    [Fact]
    public async Task Twenty_seeds_share_a_file_and_leave_the_same_trace_in_two_processes()
    {
        var runs = await Task.WhenAll(PlayAsync(), PlayAsync());

        Assert.Equal(20, runs[0].Count);
        Assert.Equal(runs[0], runs[1]);
        Assert.Equal(20, runs[0].Select(run => run.Hash).Distinct().Count());
    }

    private static async Task<IReadOnlyList<(long Seed, string Hash)>> PlayAsync()
    {
        var result = await ToolProcess.RunAsync("simulate.dll", "--scenario", "sharing", "--seeds", Seeds, "--json");
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        return
        [
            .. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
            {
                using var document = JsonDocument.Parse(line);
                var root = document.RootElement;
                Assert.Equal(JsonValueKind.Null, root.GetProperty("violation").ValueKind);
                return (root.GetProperty("seed").GetInt64(), root.GetProperty("trace_hash").GetString()!);
            }),
        ];
    }
}

using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>The same with a network namespace for each node and a delay on each link.</summary>
[Collection(RunningTestnet.Collection)]
public sealed class NamespaceTests
{
    [Fact]
    public async Task A_network_of_namespaces_shares_a_file_over_long_links_and_leaves_nothing()
    {
        var whyNot = await WhyNotAsync();
        Assert.SkipWhen(whyNot is not null, whyNot ?? "");
        await using var network = new RunningTestnet { Options = ["--netns", "--latency", "25ms"] };
        await network.InitializeAsync();
        var sent = TestnetTests.Bytes(300_001);

        var key = await network.AddAsync("gateway1", sent);
        await network.DoAsync("kill", "gateway1");

        Assert.Equal(sent, await network.CurlAsync("gateway2", key));
        Assert.Equal(
            network.Net.GetProperty("nodes").GetArrayLength(),
            network.Net.GetProperty("nodes").EnumerateArray()
                .Select(node => node.GetProperty("netns").GetString()).Distinct().Count());
        await network.DoAsync("down");
        network.AssertNothingRuns();
    }

    /// <summary>Why there can be no network of namespaces here; null when there can.</summary>
    internal static async Task<string?> WhyNotAsync()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "needs root, to make network namespaces: run the tests as root";
        }

        var possible = await ToolProcess.RunProgramAsync(
            "unshare", "--net", "ip", "link", "add", "name", "br0", "type", "bridge");
        return possible.ExitCode == 0 ? null : $"no network namespaces with bridges here: {possible.Errors}";
    }
}

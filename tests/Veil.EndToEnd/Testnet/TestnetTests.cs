using System.Globalization;
using Veil.Tools.Testnet.Processes;
using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>Networks of real processes: sharing over them, faults, and that nothing of them is left.</summary>
[Collection(RunningTestnet.Collection)]
public sealed class TestnetTests(RunningTestnet network) : IClassFixture<RunningTestnet>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_fetched_by_curl_after_the_publishers_gateway_was_killed()
    {
        var sent = Bytes(1_000_003);
        var key = await network.AddAsync("gateway1", sent);
        await network.DoAsync("kill", "gateway1");
        var dead = await network.StatusAsync("gateway1");
        Assert.False(dead.GetProperty("alive").GetBoolean());
        Assert.Equal("dead", dead.GetProperty("state").GetString());

        Assert.Equal(sent, await network.CurlAsync("gateway2", key));

        await network.DoAsync("start", "gateway1");
        var back = await network.StatusAsync("gateway1");
        Assert.Equal("ready", back.GetProperty("state").GetString());
        Assert.Contains(
            $"\"pid\":{back.GetProperty("pid").GetInt32().ToString(CultureInfo.InvariantCulture)},",
            await File.ReadAllTextAsync(Path.Combine(network.Folder, "net.json"), Token),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frozen_node_is_alive_and_says_nothing_until_it_is_thawed()
    {
        await network.DoAsync("freeze", "store1");
        var frozen = await network.StatusAsync("store1");
        Assert.True(frozen.GetProperty("alive").GetBoolean());
        Assert.Equal("frozen", frozen.GetProperty("state").GetString());

        await network.DoAsync("thaw", "store1");
        Assert.NotEqual("frozen", (await network.StatusAsync("store1")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Every_thread_of_a_node_is_scheduled_for_batches()
    {
        var pid = (await network.StatusAsync("relay1")).GetProperty("pid").GetInt32();

        // Field 41 is the policy (proc_pid_stat(5)); the fields before it are counted from behind the name.
        var policies = System.IO.Directory.EnumerateDirectories($"/proc/{pid}/task")
            .Select(StatOf)
            .OfType<string>()
            .Select(text => text[(text.LastIndexOf(')') + 2)..].Split(' ')[41 - 3])
            .ToArray();

        Assert.NotEmpty(policies);
        Assert.All(policies, policy => Assert.Equal("3", policy));
    }

    // Null for a thread that has ended since it was listed.
    private static string? StatOf(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "stat"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    [Fact]
    public async Task Mistakes_have_exit_codes_and_change_nothing()
    {
        Assert.Equal(4, (await network.TryAsync("kill", "nobody")).ExitCode);
        Assert.Equal(1, (await network.TryAsync("start", "relay1")).ExitCode);
        Assert.Equal(1, (await network.TryAsync("up")).ExitCode);
        Assert.Equal(2, (await network.TryAsync("up", "--exits", "4")).ExitCode);
        Assert.Equal(2, (await network.TryAsync("up", "--latency", "long")).ExitCode);
        Assert.Equal(2, (await network.TryAsync("nonsense")).ExitCode);
        Assert.True((await network.StatusAsync("relay1")).GetProperty("alive").GetBoolean());
    }

    [Fact]
    public async Task Down_finds_what_a_killed_up_has_left_and_nothing_else()
    {
        await using var other = new RunningTestnet();
        using (var up = ToolProcess.Start(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "testnet.dll"), .. other.UpArguments]))
        {
            // Nodes announce themselves on the progress stream: from then on they are being started.
            while (await up.StandardError.ReadLineAsync(Token) is { } line
                && !line.StartsWith("starting", StringComparison.Ordinal))
            {
            }

            up.Kill();
            await up.WaitForExitAsync(Token);
        }

        await other.DoAsync("down");
        other.AssertNothingRuns();
        await other.DoAsync("down");

        Assert.True((await network.StatusAsync("relay1")).GetProperty("alive").GetBoolean());
    }

    [Fact]
    public async Task A_process_without_the_mark_is_never_signalled()
    {
        using var stranger = ToolProcess.Start("sleep", "60");
        try
        {
            var tag = new Tag(network.Id, Part.Node, "relay1");

            Assert.Null(ProcessTable.At(stranger.Id));
            Assert.False(Signals.Send(new RunningProcess(stranger.Id, tag, Frozen: false), Signals.Kill));
            Assert.False(Signals.Send(stranger.Id, "0", Signals.Kill));
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
            await stranger.WaitForExitAsync(Token);
        }
    }

    internal static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (var index = 0; index < count; index++)
        {
            bytes[index] = (byte)(((index * 7L) + (index / 251)) % 253);
        }

        return bytes;
    }
}

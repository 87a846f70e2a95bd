using System.Diagnostics;
using System.Text.Json;
using Veil.Storage.State;
using Veil.Tools.Testnet.Auditing;
using Veil.Tools.Testnet.Processes;
using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>That a running network hides who publishes and who reads: by packets, and by what nodes saw.</summary>
[Collection(RunningTestnet.Collection)]
public sealed class LabTests(LabNetwork lab) : IClassFixture<LabNetwork>
{
    // As /proc/net/tcp spells the states in which a socket sends nothing by itself.
    private static readonly string[] _silentStates = ["06", "0A"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RunningTestnet Network => lab.Running;

    [Fact]
    public async Task Publisher_and_reader_exchange_packets_with_their_guards_and_an_authority_and_nobody_else()
    {
        Assert.SkipWhen(lab.NoNamespaces is not null, lab.NoNamespaces ?? "");
        string[] gateways = ["gateway1", "gateway2"];
        foreach (var gateway in gateways)
        {
            await ForgetEverythingAsync(gateway);
        }

        await ForgetNeighboursAsync();
        var captures = await Task.WhenAll(gateways.Select(BeginCaptureAsync));
        try
        {
            foreach (var gateway in gateways)
            {
                await Network.DoAsync("start", gateway);
            }

            var sent = TestnetTests.Bytes(1_000_003);
            var key = await Network.AddAsync("gateway1", sent);
            Assert.Equal(sent, await Network.CurlAsync("gateway2", key));
            foreach (var (gateway, capture) in gateways.Zip(captures))
            {
                AssertShowsGuardsOnly(await EndCaptureAsync(capture), await GuardsOfAsync(gateway), sent.Length);
            }
        }
        finally
        {
            foreach (var capture in captures)
            {
                capture.Kill();
                capture.Dispose();
            }
        }
    }

    [Fact]
    public async Task A_question_to_DNS_and_a_stranger_are_seen_by_a_capture()
    {
        Assert.SkipWhen(lab.NoNamespaces is not null, lab.NoNamespaces ?? "");
        var gateway = Network.Node("gateway1");
        var relay = Network.Node("relay1").GetProperty("address").GetString()!;
        var nobody = $"{relay[..relay.LastIndexOf('.')]}.250";
        using var capture = await BeginCaptureAsync("gateway1");
        foreach (var target in new[] { $"udp/{relay}/53", $"udp/{nobody}/4000" })
        {
            await ToolProcess.RunProgramAsync(
                "ip", "netns", "exec", gateway.GetProperty("netns").GetString()!,
                "bash", "-c", $"echo question > /dev/{target}");
        }

        var seen = await EndCaptureAsync(capture);

        Assert.True(seen.GetProperty("dns").GetBoolean(), seen.ToString());
        var question = seen.GetProperty("rows").EnumerateArray()
            .Single(row => row.GetProperty("protocol").GetString() == "udp");
        Assert.Equal("relay1", question.GetProperty("node").GetString());
        Assert.Equal(53, question.GetProperty("port").GetInt32());

        // Nobody has that address, so nothing more than the search for it left the node.
        var search = seen.GetProperty("link_layer").EnumerateArray()
            .Single(row => row.GetProperty("remote").GetString() == nobody);
        Assert.Equal(JsonValueKind.Null, search.GetProperty("node").ValueKind);
    }

    [Fact]
    public async Task The_recordings_of_a_network_that_shared_a_file_pass_the_audit()
    {
        var sent = TestnetTests.Bytes(300_001);
        var key = await Network.AddAsync("gateway1", sent);
        var copy = Path.Combine(Network.Folder, "audit.bin");
        await RunningTestnet.VeilAsync("get", key, "-o", copy, "--data", Network.Data("gateway2"));
        Assert.Equal(sent, await File.ReadAllBytesAsync(copy, Token));

        var text = await Network.TryAsync("audit");
        Assert.True(text.ExitCode == 0, text.Output + text.Errors);
        Assert.DoesNotContain("FAILED", text.Output, StringComparison.Ordinal);
        using var audit = JsonDocument.Parse(await Network.DoAsync("audit", "--json"));
        Assert.True(audit.RootElement.GetProperty("ok").GetBoolean());
        var checks = audit.RootElement.GetProperty("checks").EnumerateArray().ToDictionary(
            check => check.GetProperty("name").GetString()!, check => check.GetProperty("counts"));
        Assert.True(checks["addresses"].GetProperty("seen_by_guards").GetInt64() > 0);
        Assert.True(checks["content"].GetProperty("keys_of_clients").GetInt64() >= 2);
        Assert.True(checks["content"].GetProperty("bytes_searched").GetInt64() > sent.Length * 2);
        Assert.Equal(2, checks["circuits"].GetProperty("clients").GetInt64());
    }

    [Fact]
    public async Task A_line_that_must_not_be_there_makes_the_command_fail()
    {
        // Frozen, it writes nothing between these lines.
        await Network.DoAsync("freeze", "store1");
        var record = Path.Combine(Network.Data("store1"), "record.jsonl");
        var whole = new FileInfo(record).Length;
        try
        {
            await File.AppendAllTextAsync(
                record, """{"t":1,"node":"store1","saw":"plaintext","value":"1"}""" + "\n", Token);
            var text = await Network.TryAsync("audit");

            Assert.Equal(1, text.ExitCode);
            Assert.Contains("store1, a store, could read content (1 times)", text.Output, StringComparison.Ordinal);
        }
        finally
        {
            await using (var file = new FileStream(record, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            {
                file.SetLength(whole);
            }

            await Network.DoAsync("thaw", "store1");
        }
    }

    [Fact]
    public async Task Mistakes_of_the_new_commands_have_exit_codes()
    {
        Assert.Equal(2, (await Network.TryAsync("capture", "gateway1")).ExitCode);
        Assert.Equal(2, (await Network.TryAsync("capture", "gateway1", "--seconds", "none")).ExitCode);
        Assert.Equal(2, (await Network.TryAsync("capture", "gateway1", "--seconds", "1", "--until-stopped")).ExitCode);
        Assert.Equal(4, (await Network.TryAsync("capture", "nobody", "--seconds", "1")).ExitCode);
    }

    private static void AssertShowsGuardsOnly(JsonElement capture, IReadOnlyCollection<string> guards, int bytes)
    {
        var report = capture.ToString();
        var rows = capture.GetProperty("rows").EnumerateArray().ToList();
        Assert.All(rows, row =>
        {
            var node = row.GetProperty("node").GetString() ?? "a stranger";
            Assert.True(guards.Contains(node) || node.StartsWith("authority", StringComparison.Ordinal), report);
            Assert.True(row.GetProperty("protocol").GetString() == "tcp", report);
            Assert.True(row.GetProperty("direction").GetString() == "out", report);
            Assert.True(row.GetProperty("port").GetInt32() == 9301, report);
            Assert.False(row.GetProperty("dns").GetBoolean(), report);
        });
        var met = rows.Select(row => row.GetProperty("node").GetString()!).ToList();
        Assert.True(met.Any(node => node.StartsWith("authority", StringComparison.Ordinal)), report);
        var withGuards = rows.Where(row => guards.Contains(row.GetProperty("node").GetString()!))
            .Sum(row => row.GetProperty("bytes_out").GetInt64() + row.GetProperty("bytes_in").GetInt64());
        Assert.True(withGuards > bytes, report);
        Assert.All(capture.GetProperty("link_layer").EnumerateArray(), row =>
        {
            Assert.True(row.GetProperty("protocol").GetString() == "arp", report);
            Assert.True(met.Contains(row.GetProperty("node").GetString()!), report);
        });
        Assert.False(capture.GetProperty("dns").GetBoolean(), report);
        Assert.Equal(0, capture.GetProperty("lost").GetInt64());
    }

    /// <summary>Makes a gateway's next start its first one, and lets its old connections die away.</summary>
    private async Task ForgetEverythingAsync(string gateway)
    {
        await Network.DoAsync("kill", gateway);
        foreach (var file in new[] { "consensus", "state.db", "state-log.db" })
        {
            File.Delete(Path.Combine(Network.Data(gateway), file));
        }

        var netns = Network.Node(gateway).GetProperty("netns").GetString()!;
        while (true)
        {
            var table = await ToolProcess.RunProgramAsync("ip", "netns", "exec", netns, "cat", "/proc/net/tcp");
            if (table.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)
                .All(line => _silentStates.Contains(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3])))
            {
                return;
            }
        }
    }

    /// <summary>
    /// Empties the kernels' tables of neighbours: a kernel that has sent something to a neighbour asks after it for
    /// seconds to come, whether or not anything more is said (RFC 4861, section 7.3.3; Linux does so for ARP, too).
    /// </summary>
    private async Task ForgetNeighboursAsync()
    {
        foreach (var node in Network.Net.GetProperty("nodes").EnumerateArray())
        {
            var flushed = await ToolProcess.RunProgramAsync(
                "ip", "-n", node.GetProperty("netns").GetString()!, "neigh", "flush", "all");
            Assert.True(flushed.ExitCode == 0, flushed.Errors);
        }
    }

    private async Task<Process> BeginCaptureAsync(string gateway)
    {
        var capture = ToolProcess.Start(
            "dotnet",
            Path.Combine(AppContext.BaseDirectory, "testnet.dll"),
            "capture", Network.Folder, gateway, "--until-stopped", "--json");
        Assert.StartsWith(
            "capturing", await capture.StandardError.ReadLineAsync(Token) ?? "", StringComparison.Ordinal);
        return capture;
    }

    private static async Task<JsonElement> EndCaptureAsync(Process capture)
    {
        Assert.True(Signals.Send(capture.Id, ProcessTable.StartOf(capture.Id)!, Signals.Terminate));
        using var document = JsonDocument.Parse(await capture.StandardOutput.ReadToEndAsync(Token));
        await capture.WaitForExitAsync(Token);
        Assert.Equal(0, capture.ExitCode);
        return document.RootElement.Clone();
    }

    /// <summary>The names of a gateway's guards, as its own state has them.</summary>
    private async Task<IReadOnlyCollection<string>> GuardsOfAsync(string gateway)
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("veil-state-").FullName;
        try
        {
            // The running gateway has the file for itself; after each change all of it is in there.
            foreach (var file in new[] { "state.db", "state-log.db" })
            {
                using var source = UnlockedFile.Open(Path.Combine(Network.Data(gateway), file));
                var bytes = new byte[source is null ? 0 : RandomAccess.GetLength(source)];
                await File.WriteAllBytesAsync(
                    Path.Combine(folder, file),
                    source is null ? bytes : bytes[..RandomAccess.Read(source, bytes, 0)],
                    Token);
            }

            await using var state = await LiteDbNodeState.OpenAsync(Path.Combine(folder, "state.db"), Token);
            var guards = (await state.ListGuardsAsync(Token)).Select(guard => guard.Relay.Value.ToString()).ToHashSet();
            Assert.InRange(guards.Count, 1, 6);
            List<string> names = [];
            foreach (var node in Network.Net.GetProperty("nodes").EnumerateArray())
            {
                var status = await RunningTestnet.VeilAsync("status", "--data", node.GetProperty("data").GetString()!);
                if (guards.Contains(status.GetProperty("node_id").GetString() ?? ""))
                {
                    names.Add(node.GetProperty("name").GetString()!);
                }
            }

            Assert.Equal(guards.Count, names.Count);
            return names;
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }
}

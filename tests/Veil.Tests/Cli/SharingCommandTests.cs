using System.Security.Cryptography;
using Veil.Cli.Output;
using Veil.Node.Control;
using Veil.Tests.Gateway;
using Veil.Tests.Node;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>Commands that share and fetch, against a node in a real network.</summary>
public sealed class SharingCommandTests(LabHouse house) : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-cli-");

    [Fact]
    public async Task A_file_goes_out_and_comes_back_under_each_way_to_give_a_key()
    {
        await house.ReadyAsync();
        byte[] sent = RandomBytes(300_000);
        var added = (await RunAsync("add", Write("holiday.jpg", sent), "--json")).Done();
        string key = added.GetProperty("key").GetString()!;
        Assert.Equal(
            ["key", "name", "bytes", "blocks", "shares", "shares_acked", "seconds"],
            added.EnumerateObject().Select(member => member.Name).Take(7));
        Assert.Equal(added.GetProperty("shares").GetInt64(), added.GetProperty("shares_acked").GetInt64());
        string keyFile = Write("holiday.key", $"\n{key}\n");

        var byArgument = await RunAsync("get", key, "-o", At("a.jpg"), "--json");
        var byInput = await CommandRun.WithInputAsync($"{key}\n", "get", "-", "-o", At("b.jpg"), "--data", house.Data);
        var byFile = await RunAsync("get", "--key-file", keyFile, "-o", _folder.FullName, "--force");

        var got = byArgument.Done();
        Assert.Equal(["path", "bytes", "sha256", "seconds"], got.EnumerateObject().Select(member => member.Name));
        Assert.Equal(At("a.jpg"), got.GetProperty("path").GetString());
        Assert.Equal(300_000, got.GetProperty("bytes").GetInt64());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(sent)), got.GetProperty("sha256").GetString());
        Assert.Equal((0, At("b.jpg")), (byInput.ExitCode, byInput.Out.Trim()));
        Assert.Equal((0, At("holiday.jpg")), (byFile.ExitCode, byFile.Out.Trim()));
        Assert.Equal(sent, await File.ReadAllBytesAsync(At("a.jpg"), TestContext.Current.CancellationToken));
        Assert.Equal(sent, await File.ReadAllBytesAsync(At("b.jpg"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Without_json_add_prints_the_key_alone_and_get_can_write_to_standard_output()
    {
        await house.ReadyAsync();
        byte[] sent = RandomBytes(70_000);
        var added = await RunAsync("add", Write("a b.txt", sent));

        var got = await RunAsync("get", added.Out.Trim(), "-o", "-");

        Assert.Matches("^veil:[a-z2-7]{112}\\s*$", added.Out);
        Assert.Contains("stores may be lost", added.Error, StringComparison.Ordinal);
        Assert.Equal((0, ""), (got.ExitCode, got.Out));
        Assert.Equal(sent, got.Content);
    }

    [Fact]
    public async Task What_was_shared_is_listed_and_forgotten()
    {
        await house.ReadyAsync();
        var added = (await RunAsync("add", Write("forget me.txt", "x"u8.ToArray()), "--json")).Done();
        string id = added.GetProperty("id").GetString()!;
        string key = added.GetProperty("key").GetString()!;

        var plain = await RunAsync("ls");
        var withKeys = await RunAsync("ls", "--keys");
        var listed = (await RunAsync("ls", "--json")).Done().GetProperty("publications").EnumerateArray()
            .Single(entry => entry.GetProperty("id").GetString() == id);
        var forgotten = await RunAsync("rm", id, "--json");
        var again = await RunAsync("rm", id, "--json");

        Assert.Contains($"{id}\t1\t", plain.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(key, plain.Out, StringComparison.Ordinal);
        Assert.Contains(key, withKeys.Out, StringComparison.Ordinal);
        Assert.Equal(key, listed.GetProperty("key").GetString());
        Assert.Contains("leases", forgotten.Done().GetProperty("note").GetString(), StringComparison.Ordinal);
        Assert.Equal((ExitCodes.NotFound, "not_found"), (again.ExitCode, again.ErrorCode()));
    }

    [Fact]
    public async Task An_unknown_key_is_4_a_mistyped_one_2_and_neither_leaves_a_file()
    {
        await house.ReadyAsync();
        string unknown = Library.Key(99).Format();

        var notFound = await RunAsync("get", unknown, "-o", At("x"), "--json");
        var mistyped = await RunAsync("get", unknown[..^3] + "aaa", "-o", At("x"), "--json");

        Assert.Equal((ExitCodes.NotFound, "not_found"), (notFound.ExitCode, notFound.ErrorCode()));
        Assert.Equal((ExitCodes.Usage, "bad_key"), (mistyped.ExitCode, mistyped.ErrorCode()));
        Assert.Empty(_folder.GetFiles());
    }

    [Fact]
    public async Task A_file_that_is_there_is_replaced_only_by_force()
    {
        await house.ReadyAsync();
        string key = (await RunAsync("add", Write("new.txt", "new"u8.ToArray()))).Out.Trim();
        string there = Write("there.txt", "old"u8.ToArray());

        var refused = await RunAsync("get", key, "-o", there, "--json");
        Assert.Equal((1, "exists"), (refused.ExitCode, refused.ErrorCode()));
        Assert.Equal("old", await File.ReadAllTextAsync(there, TestContext.Current.CancellationToken));

        var forced = await RunAsync("get", key, "-o", there, "--force", "--json");
        Assert.Equal(0, forced.ExitCode);
        Assert.Equal("new", await File.ReadAllTextAsync(there, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_interrupted_get_is_130_and_leaves_what_the_next_goes_on_from()
    {
        await house.ReadyAsync();
        byte[] sent = RandomBytes(2_000_000);
        string key = (await RunAsync("add", Write("big.bin", sent))).Out.Trim();
        using var interrupt = new CancellationTokenSource();
        using var watcher = new FileSystemWatcher(_folder.FullName) { EnableRaisingEvents = true };
        watcher.Created += (_, _) => interrupt.Cancel();

        var run = await CommandRun.WithTokenAsync(
            "", ["get", key, "-o", At("out.bin"), "--json", "--data", house.Data], interrupt.Token);

        // The file may have been whole before the signal came; what never happens is half of one.
        if (run.ExitCode != 0)
        {
            Assert.Equal((ExitCodes.Interrupted, "interrupted"), (run.ExitCode, run.ErrorCode()));
            Assert.False(File.Exists(At("out.bin")));
            Assert.Equal(0, (await RunAsync("get", key, "-o", At("out.bin"))).ExitCode);
        }

        Assert.Equal(sent, await File.ReadAllBytesAsync(At("out.bin"), TestContext.Current.CancellationToken));
        Assert.Equal(["big.bin", "out.bin"], _folder.GetFiles().Select(file => file.Name).Order());
    }

    [Fact]
    public async Task A_get_goes_on_from_what_an_earlier_one_left_and_finds_out_when_it_was_changed()
    {
        await house.ReadyAsync();
        byte[] sent = RandomBytes(1_500_000);
        string key = (await RunAsync("add", Write("big.bin", sent))).Out.Trim();
        string digest = JsonValueString((await RunAsync("ls", key, "--json")).Done(), "digest")!;
        string part = $"out.bin.veil-part-{digest[..16]}";
        Write("out.bin.veil-part-0123456789abcdef", "of other content");

        // All but the last bytes; and nothing of the others.
        Write(part, sent[..^10]);
        Assert.Equal(0, (await RunAsync("get", key, "-o", At("out.bin"))).ExitCode);
        Assert.Equal(sent, await File.ReadAllBytesAsync(At("out.bin"), TestContext.Current.CancellationToken));
        Assert.Equal(["big.bin", "out.bin"], _folder.GetFiles().Select(file => file.Name).Order());

        File.Delete(At("out.bin"));
        Write(part, new byte[1000]);
        var damaged = await RunAsync("get", key, "-o", At("out.bin"), "--json");
        Assert.Equal((ExitCodes.VerificationFailed, "part_damaged"), (damaged.ExitCode, damaged.ErrorCode()));
        Assert.Equal(["big.bin"], _folder.GetFiles().Select(file => file.Name));
    }

    [Fact]
    public async Task Open_prints_an_address_and_deny_takes_effect()
    {
        await house.ReadyAsync();
        string key = Library.Key(77).Format();

        var opened = await RunAsync("open", key, "--json");
        var denied = await RunAsync("deny", key, "--json");

        Assert.EndsWith(".veil/", opened.Done().GetProperty("url").GetString(), StringComparison.Ordinal);
        Assert.True(denied.Done().GetProperty("added").GetBoolean());
    }

    [Fact]
    public async Task What_was_shared_is_forgotten_by_a_link_to_it_too()
    {
        await house.ReadyAsync();
        string key = (await RunAsync("add", Write("linked.txt", "x"u8.ToArray()))).Out.Trim();

        var forgotten = await RunAsync("rm", $"http://open.veil/#{key}", "--json");

        Assert.Equal("linked.txt", JsonValueString(forgotten.Done(), "name"));
    }

    [Fact]
    public async Task A_health_check_of_a_node_that_answers_and_is_not_ready_is_1()
    {
        await house.ReadyAsync();
        var surface = house.Surface with { IsStopping = static () => true };
        await using var server = new ControlServer(surface, At(ControlSocket.FileName), house.Logs);
        await server.StartAsync(TestContext.Current.CancellationToken);

        var check = await CommandRun.OfAsync("status", "--check", "--data", _folder.FullName);
        var json = await CommandRun.OfAsync("status", "--check", "--json", "--data", _folder.FullName);

        Assert.Equal((ExitCodes.Failed, "", ""), (check.ExitCode, check.Out, check.Error));
        Assert.Equal((ExitCodes.Failed, "stopping"), (json.ExitCode, JsonValueString(json.Object(), "state")));
    }

    [Fact]
    public async Task Status_settings_and_doctor_speak_of_the_running_node()
    {
        await house.ReadyAsync();

        var status = await RunAsync("status");
        var check = await RunAsync("status", "--check");
        var set = await RunAsync("set", "Limits:Burst=2MiB", "--json");
        var wrong = await RunAsync("set", "Limits:Burst=wrong", "--json");
        var listed = await RunAsync("set", "--json");
        var doctor = await RunAsync("doctor", "--json");

        Assert.StartsWith("state     ready", status.Out, StringComparison.Ordinal);
        Assert.Contains("hide nobody", status.Out, StringComparison.Ordinal);
        Assert.Equal((0, "", ""), (check.ExitCode, check.Out, check.Error));
        Assert.Equal("2MiB", set.Done().GetProperty("value").GetString());
        Assert.Equal((ExitCodes.Usage, "bad_value"), (wrong.ExitCode, wrong.ErrorCode()));
        Assert.Equal("2MiB", JsonValueString(listed.Done().GetProperty("settings"), "Limits:Burst"));
        var checks = doctor.Object().GetProperty("checks").EnumerateArray()
            .ToDictionary(line => JsonValueString(line, "check")!, line => JsonValueString(line, "result"));
        Assert.Equal("ok", checks["node"]);
        Assert.Equal("ok", checks["socks"]);
        Assert.Equal("ok", checks["data folder"]);
        Assert.Equal("warn", checks["network size"]);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string? JsonValueString(System.Text.Json.JsonElement element, string name) =>
        element.GetProperty(name).GetString();

    private static byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        new Veil.Wire.Seams.SystemDecisionSource().Fill(bytes);
        return bytes;
    }

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string name, byte[] content)
    {
        File.WriteAllBytes(At(name), content);
        return At(name);
    }

    private string Write(string name, string content) => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    private Task<CommandRun> RunAsync(params string[] args) => CommandRun.OfAsync([.. args, "--data", house.Data]);
}

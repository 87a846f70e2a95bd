using Veil.Cli.Output;
using Veil.Content.Names;
using Veil.Tests.Node;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>Keys of names without a node, and names over a real network.</summary>
public sealed class NameCommandTests(LabHouse house) : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-cli-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Keys_are_made_listed_exported_imported_and_removed()
    {
        var made = (await KeyAsync("new", "blog", "--json")).Done();
        string address = made.GetProperty("address").GetString()!;
        Assert.True(NameAddress.TryParse(address, out _, out _));
        Assert.Equal("blog", made.GetProperty("name").GetString());
        Assert.Equal((ExitCodes.Failed, "key_exists"), Told(await KeyAsync("new", "blog", "--json")));
        Assert.Equal((ExitCodes.Usage, "bad_value"), Told(await KeyAsync("new", "../blog", "--json")));

        string file = At("saved.key");
        Assert.Equal(address, (await KeyAsync("export", "blog", file)).Out.Trim());
        Assert.Equal(address, (await KeyAsync("rm", "blog", "--json")).Done().GetProperty("address").GetString());
        Assert.Equal((ExitCodes.NotFound, "not_found"), Told(await KeyAsync("rm", "blog", "--json")));
        Assert.Equal(address, (await KeyAsync("import", file)).Out.Trim());
        Assert.Equal($"saved\t{address}\t-", (await KeyAsync("ls")).Out.Trim());
        var listed = (await KeyAsync("ls", "--json")).Done().GetProperty("keys");
        Assert.Equal("saved", Assert.Single(listed.EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_passphrase_comes_from_a_file_or_standard_input_and_is_needed_to_publish()
    {
        await File.WriteAllTextAsync(At("pass"), "right one\nnot this\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(At("page"), "text", TestContext.Current.CancellationToken);
        Assert.Equal(0, (await KeyAsync("new", "blog", "--passphrase-file", At("pass"))).ExitCode);
        var listed = (await KeyAsync("ls", "--json")).Done().GetProperty("keys")[0];
        Assert.True(listed.GetProperty("passphrase").GetBoolean());

        // Nobody is at a terminal here.
        Assert.Equal((ExitCodes.Usage, "no_passphrase"), Told(await RunAsync("publish", "blog", At("page"), "--json")));
        Assert.Equal(
            (ExitCodes.Usage, "no_passphrase"), Told(await KeyAsync("new", "other", "--passphrase", "--json")));
        string[] publish = ["publish", "blog", At("page"), "--passphrase-file", "-", "--json", "--data", At("data")];
        Assert.Equal(
            (ExitCodes.Failed, "wrong_passphrase"), Told(await CommandRun.WithInputAsync("wrong one\n", publish)));
        Assert.Equal(
            (ExitCodes.NotRunning, "node_not_running"), Told(await CommandRun.WithInputAsync("right one\n", publish)));
    }

    [Fact]
    public async Task What_is_published_under_a_name_is_resolved_fetched_opened_and_followed()
    {
        await house.ReadyAsync();
        string name = $"n{_folder.Name.ToLowerInvariant()[^6..]}";
        byte[] sent = [.. Enumerable.Range(0, 40_000).Select(index => (byte)(index % 251))];
        await File.WriteAllBytesAsync(At("page.txt"), sent, TestContext.Current.CancellationToken);
        string address = (await AtHouseAsync("key", "new", name)).Out.Trim();
        Assert.Equal((ExitCodes.NotFound, "not_found"), Told(await AtHouseAsync("resolve", address, "--json")));

        var published = (await AtHouseAsync("publish", name, At("page.txt"), "--json")).Done();
        Assert.Equal(
            (name, address, 1UL),
            (published.GetProperty("name").GetString(), published.GetProperty("address").GetString(),
                published.GetProperty("sequence").GetUInt64()));
        var resolved = (await AtHouseAsync("resolve", address, "--json")).Done();
        Assert.Equal(published.GetProperty("key").GetString(), resolved.GetProperty("key").GetString());
        Assert.False(resolved.GetProperty("forked").GetBoolean());
        Assert.Equal(0, (await AtHouseAsync("get", address, "-o", At("got.txt"))).ExitCode);
        Assert.Equal(sent, await File.ReadAllBytesAsync(At("got.txt"), TestContext.Current.CancellationToken));
        Assert.Equal($"http://{address}/", (await AtHouseAsync("open", address)).Out.Trim());

        Assert.Equal(0, (await AtHouseAsync("follow", address)).ExitCode);
        Assert.Contains(address, (await AtHouseAsync("follows")).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await AtHouseAsync("unfollow", address)).ExitCode);
        Assert.Equal((ExitCodes.NotFound, "not_found"), Told(await AtHouseAsync("unfollow", address, "--json")));
        Assert.Equal((ExitCodes.Usage, "bad_name"), Told(await AtHouseAsync("resolve", "abc.veil", "--json")));
        Assert.DoesNotContain(house.Logs.Lines, line => line.Contains(address[..20], StringComparison.Ordinal));
    }

    private static (int ExitCode, string Code) Told(CommandRun run) => (run.ExitCode, run.ErrorCode());

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private Task<CommandRun> KeyAsync(params string[] args) => RunAsync(["key", .. args]);

    private Task<CommandRun> RunAsync(params string[] args) => CommandRun.OfAsync([.. args, "--data", At("data")]);

    private Task<CommandRun> AtHouseAsync(params string[] args) => CommandRun.OfAsync([.. args, "--data", house.Data]);
}

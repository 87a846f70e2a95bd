using Veil.Cli.Output;
using Veil.Tests.Node;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>Licences, signatures, versions and ranges through the commands, against a node in a real network.</summary>
public sealed class StatementCommandTests(LabHouse house) : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-states-");

    [Fact]
    public async Task What_is_stated_and_signed_is_announced_before_and_shown_to_readers()
    {
        await house.ReadyAsync();
        string address = await NewKeyAsync("states-file");
        string old = (await RunAsync("add", Write("a.txt", "old"))).Out.Trim();
        string oldFile = Write("old.key", old);

        var added = await RunAsync(
            "add", Write("a.txt", "new"), "--licence", "MIT OR Apache-2.0", "--rights-holder", "Ada",
            "--sign", "states-file", "--previous-file", oldFile);
        Assert.Equal(0, added.ExitCode);
        string key = added.Out.Trim();
        Assert.Contains($"signed by {address}", added.Error, StringComparison.Ordinal);
        Assert.Contains("read the old version", added.Error, StringComparison.Ordinal);

        var listed = (await RunAsync("ls", key, "--json")).Done();
        Assert.Equal("MIT OR Apache-2.0", listed.GetProperty("licence").GetString());
        Assert.Equal("Ada", listed.GetProperty("rights_holder").GetString());
        Assert.Equal(old, listed.GetProperty("previous").GetString());
        Assert.Equal(address, listed.GetProperty("signed_by").GetString());
        var shown = await RunAsync("ls", key);
        Assert.Contains($"signed by {address}", shown.Error, StringComparison.Ordinal);
        Assert.Contains("as the publisher says: Ada", shown.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(old, shown.Error, StringComparison.Ordinal);
        Assert.Contains(old, (await RunAsync("ls", key, "--keys")).Error, StringComparison.Ordinal);
        var got = (await RunAsync("get", key, "-o", At("back.txt"), "--json")).Done();
        Assert.Equal(address, got.GetProperty("signed_by").GetString());
        Assert.Equal("new", await File.ReadAllTextAsync(At("back.txt"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_folder_is_signed_and_a_name_links_its_versions_only_when_asked()
    {
        await house.ReadyAsync();
        string address = await NewKeyAsync("states-folder");
        Write("site/a", "1");
        string first = await PublishAsync();
        string second = await PublishAsync("--sign", "states-folder");
        string third = await PublishAsync("--previous", address);

        Assert.Equal((null, null), await StatedAsync(first));
        Assert.Equal((null, address), await StatedAsync(second));
        Assert.Equal((second, null), await StatedAsync(third));
    }

    [Theory]
    [InlineData("bad_licence", "--licence", "my own")]
    [InlineData("bad_rights_holder", "--rights-holder", "a\u202eb")]
    [InlineData("bad_key", "--previous", "veil:abc")]
    [InlineData("bad_name", "--previous", "abc.veil")]
    [InlineData("bad_redundancy", "--redundancy", "most")]
    public async Task What_cannot_be_stated_is_wrong_usage(string code, string option, string value)
    {
        await house.ReadyAsync();

        var run = await RunAsync("add", Write("a.txt", "a"), option, value, "--json");

        Assert.Equal((ExitCodes.Usage, code), (run.ExitCode, run.ErrorCode()));
    }

    [Fact]
    public async Task Less_redundancy_is_announced_and_comes_back_all_the_same()
    {
        await house.ReadyAsync();

        var added = await RunAsync("add", Write("a.txt", "a"), "--redundancy", "half");
        var usual = (await RunAsync("add", Write("b.txt", "a"), "--json")).Done();
        var quarter = (await RunAsync("add", Write("b.txt", "a"), "--json", "--redundancy", "quarter")).Done();

        Assert.Contains("half redundancy", added.Error, StringComparison.Ordinal);
        Assert.Equal(
            6, usual.GetProperty("shares").GetInt64() - quarter.GetProperty("shares").GetInt64());
        Assert.Equal(0, (await RunAsync("get", added.Out.Trim(), "-o", At("half.txt"))).ExitCode);
        Assert.Equal("a", await File.ReadAllTextAsync(At("half.txt"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_key_that_is_not_there_signs_nothing()
    {
        await house.ReadyAsync();

        var run = await RunAsync("add", Write("a.txt", "a"), "--sign", "nobody", "--json");

        Assert.NotEqual(0, run.ExitCode);
        Assert.NotEqual("", run.ErrorCode());
    }

    [Fact]
    public async Task A_range_of_a_file_is_written_alone()
    {
        await house.ReadyAsync();
        string text = string.Concat(Enumerable.Range(0, 200_000).Select(number => number % 10));
        Write("f/a", "first");
        Write("f/b", text);
        string key = (await RunAsync("add", At("f"))).Out.Trim();
        string single = (await RunAsync("add", At("f/b"))).Out.Trim();

        Assert.Equal("234"u8.ToArray(), (await RunAsync("cat", single, "--range", "2-4")).Content);
        Assert.Equal("789"u8.ToArray(), (await RunAsync("cat", single, "-r", "199997-")).Content);
        Assert.Equal("89"u8.ToArray(), (await RunAsync("cat", single, "--range", "-2")).Content);
        Assert.Equal("89"u8.ToArray(), (await RunAsync("cat", single, "-r", "-2")).Content);
        Assert.Equal("01"u8.ToArray(), (await RunAsync("cat", key, "--path", "b", "--range", "0-1")).Content);
        Assert.Equal("st"u8.ToArray(), (await RunAsync("cat", key, "--path", "a", "--range", "-2")).Content);
    }

    [Fact]
    public async Task A_range_that_is_none_or_of_nothing_is_said()
    {
        await house.ReadyAsync();
        Write("f/a", "first");
        string single = (await RunAsync("add", At("f/a"))).Out.Trim();
        string folder = (await RunAsync("add", At("f"))).Out.Trim();

        var wrong = await RunAsync("cat", single, "--range", "4-3");
        var beyond = await RunAsync("cat", single, "--range", "5-");
        var many = await RunAsync("cat", folder, "--range", "0-1");

        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
        Assert.Contains("no range of bytes", wrong.Error, StringComparison.Ordinal);
        Assert.Equal(1, beyond.ExitCode);
        Assert.Contains("the file has 5 bytes", beyond.Error, StringComparison.Ordinal);
        Assert.Equal(1, many.ExitCode);
        Assert.Contains("--path", many.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<string> NewKeyAsync(string name) =>
        (await RunAsync("key", "new", name, "--json")).Done().GetProperty("address").GetString()!;

    private async Task<string> PublishAsync(params string[] options) =>
        (await RunAsync(["publish", "states-folder", At("site"), .. options, "--json"])).Done()
            .GetProperty("key").GetString()!;

    private async Task<(string? Previous, string? SignedBy)> StatedAsync(string key)
    {
        var listed = (await RunAsync("ls", key, "--json")).Done();
        return (listed.GetProperty("previous").GetString(), listed.GetProperty("signed_by").GetString());
    }

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string name, string content)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), content);
        return At(name);
    }

    private Task<CommandRun> RunAsync(params string[] args) => CommandRun.OfAsync([.. args, "--data", house.Data]);
}

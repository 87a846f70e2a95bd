using Veil.Cli.Output;
using Veil.Tests.Node;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>Folders through the commands, against a node in a real network.</summary>
public sealed class FolderCommandTests(LabHouse house) : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-folders-");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_goes_out_and_comes_back_with_every_name()
    {
        await house.ReadyAsync();
        Write("photos/été/夏.txt", "summer");
        Write("photos/a file", new string('x', 700_000));
        Write("photos/empty", "");
        Write("photos/العربية/שלום.bin", "names");
        System.IO.Directory.CreateDirectory(At("photos/nothing/in it"));
        File.CreateSymbolicLink(At("photos/link"), "/etc/passwd");

        var added = (await RunAsync("add", At("photos"), "--json")).Done();
        string key = added.GetProperty("key").GetString()!;
        var listed = await RunAsync("ls", key);
        var got = (await RunAsync("get", key, "-o", At("back"), "--json")).Done();

        Assert.Equal("photos", added.GetProperty("name").GetString());
        Assert.Equal(5, listed.Out.Trim().Split('\n').Length);
        Assert.Contains("6\tété/夏.txt", listed.Out, StringComparison.Ordinal);
        Assert.Equal(4, got.GetProperty("files").GetInt32());
        Assert.Equal("summer", await File.ReadAllTextAsync(At("back/été/夏.txt"), Cancelled));
        Assert.Equal(700_000, new FileInfo(At("back/a file")).Length);
        Assert.Equal("", await File.ReadAllTextAsync(At("back/empty"), Cancelled));
        Assert.True(System.IO.Directory.Exists(At("back/nothing/in it")));
        Assert.False(File.Exists(At("back/link")));
        Assert.Equal(["back", "photos"], _folder.GetDirectories().Select(entry => entry.Name).Order());
    }

    [Fact]
    public async Task Files_of_a_folder_are_chosen_by_path()
    {
        await house.ReadyAsync();
        Write("f/a/1", "one");
        Write("f/a/2", "two");
        Write("f/b/1", "three");
        string key = (await RunAsync("add", At("f"))).Out.Trim();

        var cat = await RunAsync("cat", key, "--path", "a/2");
        var one = await RunAsync("get", key, "--path", "b/1", "-o", At("one"));
        var some = await RunAsync("get", key, "--path", "a", "-o", At("some"));
        var none = await RunAsync("get", key, "--path", "c", "-o", At("none"), "--json");
        var all = await RunAsync("cat", key);

        Assert.Equal("two"u8.ToArray(), cat.Content);
        Assert.Equal((0, "three"), (one.ExitCode, await File.ReadAllTextAsync(At("one"), Cancelled)));
        Assert.Equal(0, some.ExitCode);
        Assert.Equal(
            ["1", "2"], System.IO.Directory.GetFiles(At("some/a")).Select(Path.GetFileName).Order());
        Assert.False(System.IO.Directory.Exists(At("some/b")));
        Assert.Equal((ExitCodes.NotFound, "no_such_path"), (none.ExitCode, none.ErrorCode()));
        Assert.Equal(1, all.ExitCode);
        Assert.Contains("--path", all.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_goes_on_from_what_an_earlier_run_left()
    {
        await house.ReadyAsync();
        Write("f/1", "one");
        Write("f/2", new string('2', 100_000));
        Write("f/3", "three");
        string key = (await RunAsync("add", At("f"))).Out.Trim();
        string digest = (await RunAsync("ls", key, "--json")).Done().GetProperty("digest").GetString()!;
        string part = $"back.veil-part-{digest[..16]}";
        Write($"{part}/1", "one");
        Write($"{part}/2", new string('2', 99_999));
        Write($"{part}/3", "of no use");

        var got = await RunAsync("get", key, "-o", At("back"));

        Assert.Equal(0, got.ExitCode);
        Assert.Equal("three", await File.ReadAllTextAsync(At("back/3"), Cancelled));
        Assert.Equal(new string('2', 100_000), await File.ReadAllTextAsync(At("back/2"), Cancelled));
        Assert.Equal(["back", "f"], _folder.GetDirectories().Select(entry => entry.Name).Order());
        Assert.Equal("exists", (await RunAsync("get", key, "-o", At("f/1"), "--json")).ErrorCode());
    }

    [Fact]
    public async Task An_empty_folder_and_one_of_many_files_come_back()
    {
        await house.ReadyAsync();
        System.IO.Directory.CreateDirectory(At("none"));
        string empty = (await RunAsync("add", At("none"))).Out.Trim();
        Assert.Equal(0, (await RunAsync("get", empty, "-o", At("none back"))).ExitCode);
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(At("none back")));

        for (int number = 0; number < 2000; number++)
        {
            Write($"many/{number % 10}/{number}", $"{number}");
        }

        var added = (await RunAsync("add", At("many"), "--json")).Done();
        Assert.InRange(added.GetProperty("blocks").GetInt64(), 1, 12);
        await RunAsync("get", added.GetProperty("key").GetString()!, "-o", At("many back"));
        Assert.Equal("1234", await File.ReadAllTextAsync(At("many back/4/1234"), Cancelled));
        Assert.Equal(
            2000, System.IO.Directory.GetFiles(At("many back"), "*", SearchOption.AllDirectories).Length);
    }

    [Theory]
    [InlineData("home/.ssh/id_ed25519")]
    [InlineData("site/.env")]
    [InlineData("site/deep/.env.local")]
    [InlineData("db/passwords.kdbx")]
    public async Task What_looks_secret_is_shared_only_when_it_is_meant(string path)
    {
        await house.ReadyAsync();
        Write(path, "secret");
        string root = At(path.Split('/')[0]);

        var refused = await RunAsync("add", root, "--json");
        var file = await RunAsync("add", At(path), "--json");
        var meant = await RunAsync("add", root, "--allow-secrets", "--json");

        Assert.Equal((1, "looks_secret"), (refused.ExitCode, refused.ErrorCode()));
        Assert.Equal((1, "looks_secret"), (file.ExitCode, file.ErrorCode()));
        Assert.Equal(0, meant.ExitCode);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private void Write(string name, string content)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), content);
    }

    private Task<CommandRun> RunAsync(params string[] args) => CommandRun.OfAsync([.. args, "--data", house.Data]);
}

using Veil.Cli.Files;
using Veil.Cli.Output;
using Veil.Content.Manifests;
using Veil.Node.Control;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>Folders that appear only when they are whole, and hold nothing else.</summary>
public sealed class ArrivingFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-arriving-");

    private static ContentListing Content => new(
        "key", "f", "folder", 6, new string('d', 64), [Listed("a/1", "one"), Listed("a/2", "two"), Listed("b/", "")]);

    private string Place => Path.Combine(_folder.FullName, "f");

    private string Part => Parts.Of(Place, Content.Digest);

    [Fact]
    public async Task Only_one_run_writes_it_at_a_time()
    {
        using (var first = ArrivingFolder.Resume(Place, Content, _ => { }))
        {
            // Before a file of it is open, which is locked itself, and while one is.
            Assert.Equal("in_use", Assert.Throws<CliFailure>(Resume).Code);
            await WriteAsync(first, "on");
            Assert.Equal("in_use", Assert.Throws<CliFailure>(Resume).Code);
            await WriteAsync(first, "etwo");

            first.Keep(Place);

            // Where the folder was, another may begin; the first still has its own.
            ArrivingFolder.Resume(Place, Content, _ => { }).Dispose();
        }

        Assert.Equal(["a/1", "a/2"], Files());
        Assert.True(System.IO.Directory.Exists(Path.Combine(Place, "b")));
        Assert.Equal(["f"], _folder.GetFileSystemInfos().Select(entry => entry.Name));
    }

    [Fact]
    public async Task One_that_was_given_up_is_gone_on_from()
    {
        using (var first = ArrivingFolder.Resume(Place, Content, _ => { }))
        {
            await WriteAsync(first, "onet");
        }

        await FinishAsync(4, "wo");

        Assert.Equal(["a/1", "a/2"], Files());
    }

    [Fact]
    public async Task What_others_put_into_a_part_is_not_in_the_folder()
    {
        string victim = Write("victim", "victim");
        Write(Path.Combine(Part, "a", "1"), "one");
        Write(Path.Combine(Part, "a", "stray"), "stray");
        Write(Path.Combine(Part, "dir", "stray"), "stray");
        Write(Path.Combine(Part, "a", "2", "stray"), "a folder in the place of a file");
        Write(Path.Combine(Part, "b"), "a file in the place of a folder");
        System.IO.Directory.CreateSymbolicLink(Path.Combine(Part, "to a folder"), _folder.FullName);
        File.CreateSymbolicLink(Path.Combine(Part, "to a file"), victim);

        await FinishAsync(3, "two");

        Assert.Equal(["a/1", "a/2"], Files());
        Assert.Equal(["a", "b"], new DirectoryInfo(Place).GetFileSystemInfos().Select(entry => entry.Name).Order());
        Assert.Equal("victim", File.ReadAllText(victim));
    }

    [Fact]
    public async Task A_link_in_the_place_of_a_listed_file_or_folder_is_not_followed()
    {
        string victim = Write("victim", "one, and more than that");
        Write(Path.Combine(Part, "a", "2"), "");
        File.CreateSymbolicLink(Path.Combine(Part, "a", "1"), victim);
        System.IO.Directory.CreateSymbolicLink(Path.Combine(Part, "b"), _folder.FullName);

        await FinishAsync(0, "onetwo");

        Assert.Equal(["a/1", "a/2"], Files());
        Assert.Null(new FileInfo(Path.Combine(Place, "a", "1")).LinkTarget);
        Assert.Null(new FileInfo(Path.Combine(Place, "b")).LinkTarget);
        Assert.Equal("one, and more than that", File.ReadAllText(victim));
    }

    [Fact]
    public void A_link_in_the_place_of_the_part_is_not_followed()
    {
        string victim = Path.GetDirectoryName(Write(Path.Combine("victims", "1"), "victim"))!;
        System.IO.Directory.CreateSymbolicLink(Part, victim);

        Assert.Equal("not_a_file", Assert.Throws<CliFailure>(Resume).Code);
        Assert.Single(System.IO.Directory.GetFileSystemEntries(victim));
    }

    [Theory]
    [InlineData("removed")]
    [InlineData("cut")]
    [InlineData("added")]
    [InlineData("linked")]
    public async Task A_folder_that_others_changed_while_it_came_is_not_kept_and_the_next_run_mends_it(string how)
    {
        string one = Path.Combine(Part, "a", "1");
        using (var folder = ArrivingFolder.Resume(Place, Content, _ => { }))
        {
            await WriteAsync(folder, "onetwo");
            Change(how, one);
            Assert.Equal("part_damaged", Assert.Throws<CliFailure>(() => folder.Keep(Place)).Code);
            Assert.False(System.IO.Directory.Exists(Place));
        }

        int there = how switch { "added" => 6, "cut" => 2, _ => 0 };
        await FinishAsync(there, "onetwo"[there..]);
        Assert.Equal(["a/1", "a/2"], Files());
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static ListedFile Listed(string path, string content) =>
        new(path, content.Length, EntityDigest.Of(System.Text.Encoding.ASCII.GetBytes(content)).ToString());

    private static async Task WriteAsync(ArrivingFolder folder, string content) => await folder.WriteAsync(
        System.Text.Encoding.ASCII.GetBytes(content), TestContext.Current.CancellationToken);

    private void Change(string how, string file)
    {
        switch (how)
        {
            case "removed":
                File.Delete(file);
                break;
            case "cut":
                File.WriteAllText(file, "on");
                break;
            case "added":
                File.WriteAllText(file + " more", "stray");
                break;
            default:
                File.Move(file, Path.Combine(_folder.FullName, "moved"));
                File.CreateSymbolicLink(file, Path.Combine(_folder.FullName, "moved"));
                break;
        }
    }

    private void Resume() => ArrivingFolder.Resume(Place, Content, _ => { }).Dispose();

    private async Task FinishAsync(long there, string rest)
    {
        using var folder = ArrivingFolder.Resume(Place, Content, _ => { });
        Assert.Equal(there, folder.Length);
        await WriteAsync(folder, rest);
        folder.Keep(Place);
    }

    // All files that are there, with what is in them as listed.
    private IEnumerable<string> Files()
    {
        Assert.Equal("one", File.ReadAllText(Path.Combine(Place, "a", "1")));
        Assert.Equal("two", File.ReadAllText(Path.Combine(Place, "a", "2")));
        return System.IO.Directory.GetFiles(Place, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Place, file).Replace('\\', '/')).Order();
    }

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder.FullName, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }
}

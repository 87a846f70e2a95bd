using Veil.Cli.Files;
using Veil.Node.Configuration;
using Veil.Node.Names;
using Veil.Noise.Seams;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>What is not shared unless it is meant: Veil's own secrets, and what links lead to.</summary>
public sealed class SecretPlacesTests : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-secret-");

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("data")]
    [InlineData("data/state.db")]
    [InlineData("data/names/blog.key")]
    [InlineData("other")]
    [InlineData("other/state.db")]
    [InlineData("")]
    public void A_data_folder_what_is_in_it_and_what_it_is_in_are_found(string path)
    {
        Write("data/state.db", "x");
        Write("data/names/blog.key", "x");
        Write("other/node.keys", "x");
        Write("other/state.db", "x");

        Assert.NotNull(Find(path));
    }

    [Theory]
    [InlineData("seed.txt", "veil-name 1\naddress")]
    [InlineData("copy", "veil-keys 1\nidentity")]
    public void Key_files_are_found_by_how_they_begin(string name, string text)
    {
        Write("site/page.html", "x");
        Assert.Null(Find("site"));
        Write($"site/deep/{name}", text);

        Assert.Equal(At($"site/deep/{name}"), Find("site"));
        Assert.Equal(At($"site/deep/{name}"), Find($"site/deep/{name}"));
    }

    [Fact]
    public void A_key_that_was_exported_is_found_under_any_name()
    {
        var folder = new NameKeyFolder(new DataPaths(At("data")), new SystemSecretSource());
        folder.Create("blog", null);
        System.IO.Directory.CreateDirectory(At("stick"));
        folder.Export("blog", At("stick/holiday.jpg"));

        Assert.NotNull(Find("stick/holiday.jpg"));
    }

    [Fact]
    public void Links_are_judged_by_what_they_lead_to()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        Write("home/.ssh/config", "x");
        Write("home/site.pem", "x");
        Write("home/page", "x");
        File.CreateSymbolicLink(At("file"), At("home/.ssh/config"));
        File.CreateSymbolicLink(At("again"), "file");
        File.CreateSymbolicLink(At("cert"), "home/site.pem");
        System.IO.Directory.CreateSymbolicLink(At("inner"), At("home/.ssh"));
        System.IO.Directory.CreateSymbolicLink(
            At("own"), System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile));
        System.IO.Directory.CreateSymbolicLink(At("all"), "/");
        File.CreateSymbolicLink(At("fine"), "home/page");

        string[] secret = ["file", "again", "cert", "inner", "inner/config", "own", "all"];
        Assert.All(secret, name => Assert.NotNull(Find(name)));
        Assert.Null(Find("fine"));
    }

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private void Write(string name, string content)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), content);
    }

    // Places as the command gives them: of a folder those without links, of a file itself.
    private string? Find(string name)
    {
        string root = Path.TrimEndingDirectorySeparator(At(name));
        bool isLink = new FileInfo(root).LinkTarget is not null;
        string[] places = System.IO.Directory.Exists(root)
            ? isLink ? [] : System.IO.Directory.GetFiles(root, "*", SearchOption.AllDirectories)
            : [root];
        return SecretPlaces.Find(root, new DataPaths(At("data")), places);
    }
}

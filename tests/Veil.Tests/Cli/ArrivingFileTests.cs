using Veil.Cli.Files;
using Veil.Cli.Output;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>Files that appear only when they are whole.</summary>
public sealed class ArrivingFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-arriving-");

    private static string Digest => new('d', 64);

    private string Place => Path.Combine(_folder.FullName, "film.mp4");

    [Fact]
    public async Task Until_it_is_kept_nothing_has_its_name_and_then_nothing_else_is_left()
    {
        long seen = 0;
        using var file = ArrivingFile.Begin(Place, written => seen = written);
        await file.WriteAsync("abc"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.False(File.Exists(Place));

        file.Keep(Place, replace: false);

        Assert.Equal(["film.mp4"], _folder.GetFiles().Select(entry => entry.Name));
        Assert.Equal(3, seen);
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", file.TakeDigest());
    }

    [Fact]
    public async Task One_that_is_given_up_leaves_nothing()
    {
        using (var file = ArrivingFile.Begin(Place, _ => { }))
        {
            await file.WriteAsync("abc"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        Assert.Empty(_folder.GetFiles());
    }

    [Fact]
    public void A_file_that_came_meanwhile_is_not_replaced_unless_asked()
    {
        using (var file = ArrivingFile.Begin(Place, _ => { }))
        {
            File.WriteAllText(Place, "other");
            Assert.Equal("exists", Assert.Throws<CliFailure>(() => file.Keep(Place, replace: false)).Code);
        }

        Assert.Equal("other", File.ReadAllText(Place));
        Assert.Single(_folder.GetFiles());
        using var again = ArrivingFile.Begin(Place, _ => { });
        again.Keep(Place, replace: true);
        Assert.Equal("", File.ReadAllText(Place));
    }

    [Fact]
    public void What_a_run_that_is_over_left_is_removed_and_what_runs_or_has_another_name_stays()
    {
        // No process has that number: it is above the highest that systems give.
        string[] left = [$"{Place}.veil-part-{int.MaxValue}", $"{Place}.veil-part-{System.Environment.ProcessId}"];
        string[] others = [$"{Place}.veil-part-1", $"{Place}.veil-part-x", $"{Place}2.veil-part-{int.MaxValue}"];
        Array.ForEach([.. left, .. others], path => File.WriteAllText(path, ""));

        ArrivingFile.Begin(Place, _ => { }).Dispose();

        Assert.Equal(others.Order(), _folder.GetFiles().Select(file => file.FullName).Order());
    }

    [Fact]
    public void Pieces_that_the_user_split_a_file_into_stay()
    {
        string[] pieces = [$"{Place}.part-{int.MaxValue}", $"{Place}.part-77777", $"{Place}.part-0123456789abcdef"];
        Array.ForEach(pieces, path => File.WriteAllText(path, "mine"));

        ArrivingFile.Begin(Place, _ => { }).Dispose();
        ArrivingFile.Resume(Place, (3, Digest), _ => { }).Dispose();

        Assert.Equal(pieces.Order(), _folder.GetFiles().Select(file => file.FullName).Order());
    }

    [Fact]
    public void What_is_left_of_other_content_goes_folders_too_unless_they_are_in_use()
    {
        string[] others = [$"{Place}.veil-part-{new string('1', 16)}", $"{Place}.veil-part-{new string('2', 16)}"];
        string used = $"{Place}.veil-part-{new string('3', 16)}";
        File.WriteAllText(others[0], "other");
        Array.ForEach([others[1], used], path => System.IO.Directory.CreateDirectory(Path.Combine(path, "in it")));
        using var held = FolderLock.TryTake(used);

        ArrivingFile.Resume(Place, (3, Digest), _ => { }).Dispose();

        Assert.NotNull(held);
        Assert.Equal([used], _folder.GetFileSystemInfos().Select(entry => entry.FullName));
    }

    [Theory]
    [InlineData("there")]
    [InlineData("not there")]
    public void A_link_in_the_place_of_a_part_is_not_followed(string target)
    {
        string victim = Path.Combine(_folder.FullName, "there");
        File.WriteAllText(victim, "a long text");
        File.CreateSymbolicLink(Parts.Of(Place, Digest), Path.Combine(_folder.FullName, target));

        var refused = Assert.Throws<CliFailure>(() => ArrivingFile.Resume(Place, (3, Digest), _ => { }));

        Assert.Equal("not_a_file", refused.Code);
        Assert.Equal("a long text", File.ReadAllText(victim));
        Assert.Equal(2, _folder.GetFileSystemInfos().Length);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

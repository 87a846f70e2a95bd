using Veil.Cli.Files;
using Veil.Cli.Output;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>Files that appear only when they are whole.</summary>
public sealed class ArrivingFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-arriving-");

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
        string[] left = [$"{Place}.part-{int.MaxValue}", $"{Place}.part-{System.Environment.ProcessId}"];
        string[] others = [$"{Place}.part-1", $"{Place}.part-x", $"{Place}2.part-{int.MaxValue}"];
        Array.ForEach([.. left, .. others], path => File.WriteAllText(path, ""));

        ArrivingFile.Begin(Place, _ => { }).Dispose();

        Assert.Equal(others.Order(), _folder.GetFiles().Select(file => file.FullName).Order());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

using Veil.Cli.Files;
using Veil.Cli.Output;
using Veil.Tests.Content.Pictures;
using Veil.Tests.Node;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>--strip-metadata, and what is said without it: spec/pictures.md.</summary>
public sealed class PictureCommandTests(LabHouse house) : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-pictures-");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_goes_out_without_its_metadata_and_the_file_stays_as_it_is()
    {
        await house.ReadyAsync();
        var full = SamplePictures.Full("jpeg");
        string path = Write("beach.jpg", full);

        var added = await RunAsync("add", path, "--strip-metadata");
        var got = await RunAsync("cat", added.Out.Trim());

        Assert.Contains("the metadata of 1 picture is left out", added.Error, StringComparison.Ordinal);
        Assert.Equal(SamplePictures.Clean("jpeg"), got.Content);
        Assert.Equal(full, await File.ReadAllBytesAsync(path, Cancelled));
    }

    [Fact]
    public async Task A_folder_goes_out_with_every_picture_cleaned_by_content_and_others_as_they_are()
    {
        await house.ReadyAsync();
        (string Name, string File)[] files =
            [("jpeg", "a.dat"), ("png", "b/b.png"), ("gif", "b/c.gif"), ("webp", "d.webp")];
        foreach (var (name, file) in files)
        {
            Write($"f/{file}", SamplePictures.Full(name));
        }

        Write("f/e.txt", "SECRET plain text"u8.ToArray());
        Write("f/empty.jpg", []);
        System.IO.Directory.CreateDirectory(At("f/nothing"));

        var added = await RunAsync("add", At("f"), "--strip-metadata");
        string key = added.Out.Trim();

        Assert.Contains("the metadata of 4 pictures is left out; 2 other files are shared unchanged", added.Error,
            StringComparison.Ordinal);
        Assert.Equal(SamplePictures.Clean("jpeg"), (await RunAsync("cat", key, "--path", "a.dat")).Content);
        Assert.Equal(SamplePictures.Clean("png"), (await RunAsync("cat", key, "--path", "b/b.png")).Content);
        Assert.Equal(SamplePictures.Clean("gif"), (await RunAsync("cat", key, "--path", "b/c.gif")).Content);
        Assert.Equal(SamplePictures.Clean("webp"), (await RunAsync("cat", key, "--path", "d.webp")).Content);
        Assert.Equal("SECRET plain text"u8.ToArray(), (await RunAsync("cat", key, "--path", "e.txt")).Content);
    }

    [Fact]
    public async Task What_cannot_be_cleaned_is_refused_by_name_before_anything_is_sent()
    {
        await house.ReadyAsync();
        string name = $"unsent-{_folder.Name}";
        Write($"{name}/ok.png", SamplePictures.Full("png"));
        Write($"{name}/film.mp4", "x"u8.ToArray());
        Write($"{name}/letter", "%PDF-1.7"u8.ToArray());
        string cut = Write("cut.jpg", SamplePictures.Full("jpeg")[..100]);
        string misnamed = Write("text.png", "text"u8.ToArray());

        var closed = await RunAsync("add", At(name), "--strip-metadata");
        var broken = await RunAsync("add", cut, "--strip-metadata", "--json");
        var other = await RunAsync("add", misnamed, "--strip-metadata", "--json");

        Assert.Equal(1, closed.ExitCode);
        Assert.Contains("film.mp4", closed.Error, StringComparison.Ordinal);
        Assert.Contains("letter", closed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("ok.png", closed.Error, StringComparison.Ordinal);
        Assert.Contains("exiftool", closed.Error, StringComparison.Ordinal);
        Assert.Equal((1, "bad_picture"), (broken.ExitCode, broken.ErrorCode()));
        Assert.Contains("cut.jpg", broken.Out, StringComparison.Ordinal);
        Assert.Equal((1, "bad_picture"), (other.ExitCode, other.ErrorCode()));
        Assert.DoesNotContain(name, (await RunAsync("ls")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_it_pictures_that_tell_a_place_are_named_before_anything_is_sent()
    {
        await house.ReadyAsync();
        Write("f/told.jpg", SamplePictures.Full("jpeg"));
        Write("f/told.tif", PictureRig.Exif(little: true, place: true));
        Write("f/clean.jpg", SamplePictures.Clean("jpeg"));

        var added = await RunAsync("add", At("f"));

        Assert.Contains(
            "2 pictures say where they were taken: told.jpg, told.tif", added.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("clean.jpg", added.Error, StringComparison.Ordinal);

        // A script's log has it as well: it cannot be taken back.
        var byScript = await RunAsync("add", At("f"), "--json");
        Assert.Contains("2 pictures say where they were taken", byScript.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(SamplePictures.Names), MemberType = typeof(SamplePictures))]
    public async Task What_is_read_is_of_the_length_that_was_announced_and_the_same_each_time(string name)
    {
        string path = Write("picture", SamplePictures.Full(name));
        for (int chunk = 1; chunk < 50; chunk += 7)
        {
            using var file = SharedFile.Open(path, clean: true);
            Assert.True(file.IsCleaned);
            var read = await ReadAsync(file, chunk);
            Assert.Equal(file.Length, read.Length);
            Assert.Equal(SamplePictures.Clean(name), read);
        }
    }

    [Fact]
    public async Task A_picture_that_changes_while_it_is_read_is_found_out_and_its_token_is_another_one()
    {
        string path = Write("a.png", SamplePictures.Full("png"));
        using var whole = SharedFile.Open(path);
        using var file = SharedFile.Open(path, clean: true);
        Assert.NotEqual(whole.Token, file.Token);

        // Of the same length, but the pieces are others.
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        var failure = await Assert.ThrowsAsync<CliFailure>(() => ReadAsync(file, 10));
        Assert.Equal("file_changed", failure.Code);

        using var shrinking = SharedFile.Open(path, clean: true);
        Write("a.png", SamplePictures.Full("png")[..60]);
        Assert.Equal(
            "file_changed", (await Assert.ThrowsAsync<CliFailure>(() => ReadAsync(shrinking, 10))).Code);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<byte[]> ReadAsync(SharedFile file, int chunk)
    {
        MemoryStream output = new();
        var buffer = new byte[chunk];
        while (await file.ReadAsync(buffer, Cancelled) is > 0 and var count)
        {
            output.Write(buffer, 0, count);
        }

        return output.ToArray();
    }

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string name, byte[] content)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllBytes(At(name), content);
        return At(name);
    }

    private Task<CommandRun> RunAsync(params string[] args) => CommandRun.OfAsync([.. args, "--data", house.Data]);
}

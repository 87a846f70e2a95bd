using System.Globalization;
using Veil.EndToEnd.Clients;
using Veil.EndToEnd.Testnet;
using Xunit;

namespace Veil.EndToEnd.Published;

/// <summary>
/// What people publish, read by the programs that they have (spec/gateway.md, section 7). Each skips where the program
/// is not installed. <c>VEIL_SCREENSHOTS=FOLDER</c> keeps what was on the screen.
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class PublishedSiteTests(PublishedNetwork network) : IClassFixture<PublishedNetwork>
{
    // Of each part of the image; VEIL_IMAGE_MIB=1200 is that of a whole Linux.
    private const int UsualImageMebibytes = 24;

    private const int VideoSeconds = 60;
    private const int SoughtSecond = 50;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Apt_installs_a_package_from_a_repository_under_a_name()
    {
        var apt = Programs.Need("apt", "apt-get");
        var dpkgDeb = Programs.Need("dpkg", "dpkg-deb");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "dpkg installs for root only");
        var folder = network.NewFolder("apt");
        var files = await DebianRepository.MakeAsync(dpkgDeb, folder);
        var repository = System.IO.Directory.CreateDirectory(Path.Combine(folder, "repository")).FullName;
        foreach (var (path, file) in files)
        {
            await File.WriteAllBytesAsync(repository + path, file.Bytes, Token);
        }

        var site = await network.PublishAsync("repository", repository);
        var runner = await AptRunner.MakeAsync(apt, folder, network.Socks, site);
        await runner.RunAsync("update");
        await runner.RunAsync("install", "--yes", DebianRepository.Package);

        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(folder, "tree", "parcel"), Token),
            await File.ReadAllBytesAsync(Path.Combine(runner.Root, "parcel"), Token));
    }

    [Fact]
    public async Task Git_clones_a_repository_under_a_name()
    {
        var git = new GitRunner(Programs.Need("git", "git"), network.NewFolder("git"));
        var made = Path.Combine(git.Folder, "made");
        await git.RunAsync("init", "--quiet", "--initial-branch=main", made);
        await git.CommitAsync(made, "first", TestnetTests.Bytes(100_000));
        var commit = await git.CommitAsync(made, "second", TestnetTests.Bytes(100_001));

        // As plain files, which is what a store of content can serve.
        var served = Path.Combine(git.Folder, "served");
        await git.RunAsync("clone", "--quiet", "--bare", made, Path.Combine(served, "code.git"));
        await git.RunAsync("-C", Path.Combine(served, "code.git"), "update-server-info");
        var site = await network.PublishAsync("code", served);

        var clone = Path.Combine(git.Folder, "clone");
        await git.RunAsync(
            "-c", $"http.proxy=socks5h://{network.Socks}", "clone", "--quiet", $"{site}code.git", clone);
        Assert.Equal(commit, await git.RunAsync("-C", clone, "rev-parse", "HEAD"));
        await git.RunAsync("-C", clone, "fsck", "--full");
    }

    [Fact]
    public async Task An_image_agrees_with_its_checksums()
    {
        var mebibytes = int.Parse(
            Environment.GetEnvironmentVariable("VEIL_IMAGE_MIB") ?? $"{UsualImageMebibytes}",
            CultureInfo.InvariantCulture);
        var folder = network.NewFolder("image");
        var release = System.IO.Directory.CreateDirectory(Path.Combine(folder, "release")).FullName;
        var made = await ToolProcess.RunProgramAsync(
            "sh", "-c", "cd \"$1\" && head -c \"$2\" /dev/urandom >linux.iso && sha256sum linux.iso >SHA256SUMS",
            "sh", release, $"{(long)mebibytes << 20}");
        Assert.True(made.ExitCode == 0, made.Errors);

        var key = await network.AddAsync(release);
        var came = Path.Combine(folder, "came");
        await network.ReadAsync("get", key, "-o", came);

        var check = await ToolProcess.RunProgramAsync("sh", "-c", "cd \"$1\" && sha256sum -c SHA256SUMS", "sh", came);
        Assert.Equal((0, "linux.iso: OK\n"), (check.ExitCode, check.Output));
    }

    [Fact]
    public async Task A_video_plays_and_is_sought_in_Chromium()
    {
        var program = Programs.Need("chromium-headless-shell", "chromium-headless-shell", "chromium");
        var ffmpeg = Programs.Need("ffmpeg", "ffmpeg");
        var folder = network.NewFolder("video");
        var file = Path.Combine(folder, "clip.webm");
        var made = await ToolProcess.RunProgramAsync(
            ffmpeg, "-loglevel", "error", "-f", "lavfi", "-i",
            $"testsrc=size=320x240:rate=25:duration={VideoSeconds}", "-c:v", "libvpx", "-b:v", "1M",
            "-deadline", "realtime", "-cpu-used", "8", "-g", "50", file);
        Assert.True(made.ExitCode == 0, made.Errors);
        var opened = await network.ReadAsync("open", await network.AddAsync(file));

        await using var chromium = Chromium.Start(program, Path.Combine(folder, "profile"), network.Socks);
        var page = await chromium.OpenAsync(opened.GetProperty("url").GetString()!);
        var video = new WatchedVideo(chromium, page);
        var length = await video.LengthAsync();
        Assert.InRange(length, VideoSeconds - 1, VideoSeconds + 1);
        Assert.InRange(await video.PlayAsync(), 1, length);
        await KeepAsync("playing.png", video.Screen);

        Assert.InRange(await video.SeekAsync(SoughtSecond), SoughtSecond - 1, SoughtSecond + 1);
        Assert.InRange(await video.PlayAsync(), SoughtSecond + 1, length);
        await KeepAsync("sought.png", video.Screen);
    }

    private static async Task KeepAsync(string name, byte[] image)
    {
        if (Environment.GetEnvironmentVariable("VEIL_SCREENSHOTS") is { } folder)
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, name), image, Token);
        }
    }
}

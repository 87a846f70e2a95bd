using System.Text.Json.Nodes;
using Veil.EndToEnd.Clients;
using Veil.EndToEnd.Testnet;
using Xunit;

namespace Veil.EndToEnd.Published;

/// <summary>
/// A video played and sought in Chromium through the gateway (spec/gateway.md, section 5). Skips where Chromium or
/// ffmpeg is not installed; <c>VEIL_SCREENSHOTS=FOLDER</c> keeps what was on the screen.
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class PublishedVideoTests(PublishedNetwork network) : IClassFixture<PublishedNetwork>
{
    private const int Seconds = 120;
    private const int SoughtSecond = 100;

    // Resolves when so much of it has played, and says how far it is.
    private const string Played = """
        new Promise((done, failed) => {
            const video = document.querySelector('video');
            const start = video.currentTime;
            video.onerror = () => failed(video.error.message);
            video.ontimeupdate = () => { if (video.currentTime > start + 1) { done(video.currentTime); } };
            video.play();
        })
        """;

    private const string Sought = """
        new Promise((done, failed) => {
            const video = document.querySelector('video');
            video.onerror = () => failed(video.error.message);
            video.onseeked = () => done(video.currentTime);
            video.currentTime = 100;
        })
        """;

    private const string Shown = """
        new Promise(done => {
            const look = () => {
                const video = document.querySelector('video');
                if (video && video.readyState >= 1) { done(video.duration); } else { setTimeout(look, 50); }
            };
            look();
        })
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_video_plays_and_is_sought_in_Chromium()
    {
        var program = Programs.Need("chromium-headless-shell", "chromium-headless-shell", "chromium");
        var folder = network.NewFolder("video");
        var file = Path.Combine(folder, "clip.webm");
        var made = await ToolProcess.RunProgramAsync(
            Programs.Need("ffmpeg", "ffmpeg"), "-loglevel", "error", "-f", "lavfi", "-i",
            $"testsrc=size=320x240:rate=25:duration={Seconds}", "-c:v", "libvpx", "-b:v", "1M", "-deadline", "realtime",
            "-cpu-used", "8", "-g", "50", file);
        Assert.True(made.ExitCode == 0, made.Errors);
        var key = await network.AddAsync(file);
        var opened = await network.ReadAsync("open", key);

        await using var chromium = Chromium.Start(program, Path.Combine(folder, "profile"), network.Socks);
        var page = await chromium.OpenAsync(opened.GetProperty("url").GetString()!);
        Assert.InRange(Number(await chromium.EvaluateAsync(page, Shown)), Seconds - 1, Seconds + 1);
        Assert.InRange(Number(await chromium.EvaluateAsync(page, Played)), 1, Seconds / 2);
        await KeepAsync("playing.png", await chromium.PhotographAsync(page));

        Assert.InRange(Number(await chromium.EvaluateAsync(page, Sought)), SoughtSecond - 1, SoughtSecond + 1);
        Assert.InRange(Number(await chromium.EvaluateAsync(page, Played)), SoughtSecond + 1, Seconds);
        await KeepAsync("sought.png", await chromium.PhotographAsync(page));
    }

    private static double Number(JsonNode? value) => value!.GetValue<double>();

    private static async Task KeepAsync(string name, byte[] image)
    {
        if (Environment.GetEnvironmentVariable("VEIL_SCREENSHOTS") is { } folder)
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, name), image, Token);
        }
    }
}

using System.Text.Json;
using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>Names over a network of real processes (spec/name.md).</summary>
[Collection(RunningTestnet.Collection)]
public sealed class NameTests(RunningTestnet network) : IClassFixture<RunningTestnet>
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(120);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_name_shows_what_was_published_last_also_when_its_owner_is_gone_and_stores_were_killed()
    {
        var (first, second) = (TestnetTests.Bytes(200_001), TestnetTests.Bytes(99_999));
        string[] owner = ["--data", network.Data("gateway1")];
        string[] reader = ["--data", network.Data("gateway2")];
        var made = await RunningTestnet.VeilAsync(["key", "new", "blog", .. owner]);
        var address = made.GetProperty("address").GetString()!;
        Assert.Equal(4, (await ToolProcess.RunAsync("veil.dll", ["resolve", address, .. reader])).ExitCode);

        // Published, read by others in three ways.
        var published = await PublishAsync(first, owner);
        Assert.Equal(
            ("blog", address, 1UL, "sent.bin"),
            (Text(published, "name"), Text(published, "address"), published.GetProperty("sequence").GetUInt64(),
                Text(published, "file")));
        Assert.Equal(32, published.GetProperty("days_safe").GetInt32());
        Assert.Equal(first, await network.CurlAsync("gateway2", address));
        var copy = Path.Combine(network.Folder, "got.bin");
        await RunningTestnet.VeilAsync(["get", address, "-o", copy, .. reader]);
        Assert.Equal(first, await File.ReadAllBytesAsync(copy, Token));
        var opened = await RunningTestnet.VeilAsync(["open", address, .. reader]);
        Assert.Equal($"http://{address}/", Text(opened, "url"));

        // A second version, which the reader's page shows soon.
        await RunningTestnet.VeilAsync(["follow", address, .. reader]);
        Assert.Equal(2UL, (await PublishAsync(second, owner)).GetProperty("sequence").GetUInt64());
        await EventuallyAsync(
            async () => (await network.CurlAsync("gateway2", address)).AsSpan().SequenceEqual(second));

        // The follower has all days of the new version.
        await EventuallyAsync(async () =>
        {
            var list = await RunningTestnet.VeilAsync(["follows", .. reader]);
            var entry = Assert.Single(list.GetProperty("follows").EnumerateArray());
            return entry.GetProperty("sequence").GetUInt64() == 2 && entry.GetProperty("days_kept").GetInt32() == 32;
        });

        // The owner is gone, and every store was killed: what was answered is on their disks, but for one that lost it.
        await network.DoAsync("kill", "gateway1");
        string[] stores = ["store1", "store2", "store3", "store4"];
        foreach (var store in stores)
        {
            await network.DoAsync("kill", store);
        }

        var lost = Path.Combine(network.Data("store1"), "records");
        System.IO.Directory.Delete(lost, recursive: true);
        foreach (var store in stores)
        {
            await network.DoAsync("start", store);
        }

        await EventuallyAsync(async () => await SequenceAsync(address, reader) == 2);
        Assert.Equal(second, await network.CurlAsync("gateway2", address));

        // The follower puts the days that live back where they are missing.
        await EventuallyAsync(async () =>
        {
            await SequenceAsync(address, reader);
            return System.IO.Directory.GetFiles(lost, "*.names").Length >= 3;
        });
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static async Task<ulong> SequenceAsync(string address, string[] reader)
    {
        var run = await ToolProcess.RunAsync("veil.dll", ["resolve", address, .. reader, "--json"]);
        using var document = JsonDocument.Parse(run.Output);
        return run.ExitCode == 0 ? document.RootElement.GetProperty("sequence").GetUInt64() : 0;
    }

    private static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        // Each look starts a process: that is pause enough.
        using var limit = new CancellationTokenSource(_limit, TimeProvider.System);
        while (!await holds())
        {
            Assert.False(limit.IsCancellationRequested, "it does not come true");
        }
    }

    private async Task<JsonElement> PublishAsync(byte[] bytes, string[] owner)
    {
        var file = Path.Combine(network.Folder, "sent.bin");
        await File.WriteAllBytesAsync(file, bytes, Token);
        return await RunningTestnet.VeilAsync(["publish", "blog", file, .. owner]);
    }
}

using System.Text.Json;
using Veil.EndToEnd.Faults;
using Veil.EndToEnd.Testnet;
using Xunit;

namespace Veil.EndToEnd.Keeping;

/// <summary>
/// Stores that leave hand their blocks over first (spec/store.md, section 12): three of four are drained and stopped,
/// and the file is whole. The one that is left had a quarter of the shares before, and a file takes a third.
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class LeavingStoresTests : IAsyncLifetime
{
    private const int FileBytes = 700_000;
    private static readonly string[] _leaving = ["store1", "store2", "store3"];

    private readonly FaultSeed _seed = FaultSeed.FromEnvironment();
    private readonly RunningTestnet _network = new()
    {
        // Five are left when three have gone.
        Shape = ["--authorities", "3", "--relays", "8", "--stores", "4", "--exits", "0"],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => _network.InitializeAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [Fact]
    public async Task A_file_is_whole_when_three_of_its_four_stores_were_drained_and_stopped()
    {
        var content = _seed.Bytes("leaving", FileBytes);
        string key = await _network.AddAsync("gateway1", content);
        await ScrubAndCancelAsync("store4");

        // All refuse from now on, so that none hands anything to another that leaves.
        foreach (string store in _leaving)
        {
            await RunningTestnet.VeilAsync("store", "drain", "--data", _network.Data(store));
        }

        // One is killed in the middle, and goes on when it is back.
        await _network.DoAsync("kill", _leaving[0]);
        await _network.DoAsync("start", _leaving[0]);
        foreach (string store in _leaving)
        {
            var drained = await RunningTestnet.VeilAsync(
                "store", "drain", "--wait", "--data", _network.Data(store));
            Assert.True(drained.GetProperty("drain").GetProperty("done").GetBoolean(), $"{store}: {drained}");
            var status = await RunningTestnet.VeilAsync("status", "--data", _network.Data(store));
            Assert.Contains(
                status.GetProperty("problems").EnumerateArray(),
                problem => problem.GetProperty("code").GetString() == "store_drained");
            TestContext.Current.TestOutputHelper?.WriteLine($"{store}: {drained}");
        }

        foreach (string store in _leaving) await _network.DoAsync("kill", store);
        var copy = Path.Combine(_network.Folder, "back.bin");
        await RunningTestnet.VeilAsync("get", key, "-o", copy, "--data", _network.Data("gateway2"));
        byte[] came = await File.ReadAllBytesAsync(copy, Token);
        Assert.True(content.AsSpan().SequenceEqual(came), "other bytes");
    }

    // A scrub reads everything; a drain that is cancelled leaves no trace.
    private async Task ScrubAndCancelAsync(string store)
    {
        string data = _network.Data(store);
        var before = (await RunningTestnet.VeilAsync("status", "--data", data)).GetProperty("store");

        var scrub = (await RunningTestnet.VeilAsync("store", "scrub", "--data", data)).GetProperty("scrub");

        Assert.True(scrub.GetProperty("checked").GetInt64() >= before.GetProperty("blocks").GetInt64(), $"{scrub}");
        Assert.Equal(0, scrub.GetProperty("last_bad").GetInt64());
        await RunningTestnet.VeilAsync("store", "drain", "--data", data);
        var cancelled = await RunningTestnet.VeilAsync("store", "drain", "--cancel", "--data", data);
        Assert.Equal(JsonValueKind.Null, cancelled.GetProperty("drain").ValueKind);
        var after = (await RunningTestnet.VeilAsync("status", "--data", data)).GetProperty("store");
        Assert.Equal(JsonValueKind.Null, after.GetProperty("drain").ValueKind);
    }
}

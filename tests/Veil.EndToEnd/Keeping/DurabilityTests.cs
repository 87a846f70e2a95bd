using System.Text.Json;
using Veil.EndToEnd.Faults;
using Veil.EndToEnd.Testnet;
using Veil.Wire.Seams;
using Xunit;

namespace Veil.EndToEnd.Keeping;

/// <summary>
/// Content outlives its stores (spec/keeping.md): a network of processes, a third of whose stores is killed for good,
/// and then another. <c>VEIL_STORES</c> stores, without which it is skipped, and a file of <c>VEIL_FILE_MIB</c> (8)
/// MiB; VEIL_SEED chooses.
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class DurabilityTests : IAsyncLifetime
{
    private const string Publisher = "gateway1";
    private const string Keeper = "gateway2";
    private const int GraceSeconds = 20;
    private const int ManyStores = 24;

    private static readonly int _stores = Number("VEIL_STORES", 12);
    private static readonly int _fileMebibytes = Number("VEIL_FILE_MIB", 8);

    // How long it may take until the consensus shows that stores are gone, and the grace after that.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(_stores > ManyStores ? 300 : 120);

    private readonly FaultSeed _seed = FaultSeed.FromEnvironment();
    private readonly RunningTestnet _network = new()
    {
        // Two relays that are no stores: at most 50 relays, so that every store is one (spec/directory.md, section 5).
        Shape = ["--authorities", "3", "--relays", $"{_stores + 2}", "--stores", $"{_stores}", "--exits", "0"],
        EpochSeconds = _stores > ManyStores ? 20 : 4,

        // Rounds only when this test asks for them; each of them whole.
        Options =
        [
            "--limit", _stores > ManyStores ? "400" : "60",
            "--set", $"Keeping:Grace={GraceSeconds}", "--set", "Keeping:Interval=86400",
        ],
    };

    /// <summary>Whether these experiments are wanted: all tests together must not take too long.</summary>
    internal static bool IsAskedFor => Environment.GetEnvironmentVariable("VEIL_STORES") is { Length: > 0 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => IsAskedFor ? _network.InitializeAsync() : ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => IsAskedFor ? _network.DisposeAsync() : ValueTask.CompletedTask;

    [Fact]
    public async Task A_file_outlives_a_third_of_its_stores_and_when_it_is_kept_another_third()
    {
        Assert.SkipUnless(
            IsAskedFor, "takes two minutes: set VEIL_STORES=12; KeeperTests has the same in virtual time");
        Say($"{_stores} stores, {_fileMebibytes} MiB, {_seed}");
        var content = _seed.Bytes("durable", _fileMebibytes << 20);
        string key = await _network.AddAsync(Publisher, content);
        string repairKey = (await RunningTestnet.VeilAsync("repair-key", key, "--data", _network.Data(Keeper)))
            .GetProperty("repair_key").GetString()!;
        await AssertFullAsync(key);
        var left = Enumerable.Range(1, _stores).Select(store => $"store{store}").ToArray();
        _seed.Decisions("order").Shuffle<string>(left);

        // At once, while their stores are still listed.
        left = await KillAsync(left);
        await AssertSameAsync(key, content);
        var (exitCode, found) = await CheckAsync(key);
        Assert.Equal(1, exitCode);
        Assert.False(found.GetProperty("healthy").GetBoolean());
        Assert.True(Count(found, "shares_placed") < Count(found, "shares_needed"));
        Assert.True(Count(found, "shares_unreachable") > 0);

        // With the repair key alone, by a node that cannot read.
        await KeepUntilFullAsync(repairKey);
        await AssertSameAsync(key, content);
        await AssertFullAsync(key);

        left = await KillAsync(left);
        await AssertSameAsync(key, content);
        await KeepUntilFullAsync(key);
        await AssertSameAsync(key, content);
        Say($"{left.Length} of {_stores} stores are left, and all of it is there");
    }

    // A third of all that there were at first.
    private async Task<string[]> KillAsync(string[] left)
    {
        var killed = left[..(_stores / 3)];
        foreach (string store in killed) await _network.DoAsync("kill", store);
        Say($"killed {killed.Length} of {left.Length} stores");
        return left[killed.Length..];
    }

    private async Task KeepUntilFullAsync(string key)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var result = await ToolProcess.RunAsync(
                "veil.dll", "keep", "--now", key, "--data", _network.Data(Keeper), "--json");
            Assert.True(result.ExitCode is 0 or 1, result.Output + result.Errors);
            using var document = JsonDocument.Parse(result.Output);
            var round = document.RootElement.GetProperty("round");
            var left = round.GetProperty("left");
            var elapsed = TimeProvider.System.GetElapsedTime(since);
            Say($"{elapsed.TotalSeconds:0} s: {round.GetProperty("verdict")}, {Count(round, "stored")} put back, "
                + $"{Count(left, "shares_placed")} of {Count(left, "shares_needed")} shares, worst stripe "
                + $"{Count(left, "worst_stripe")} of {Count(left, "worst_stripe_shares")}, "
                + $"round of {round.GetProperty("seconds").GetDouble():0.0} s");
            if (left.GetProperty("full").GetBoolean()) return;
            Assert.True(elapsed < _patience, $"not full after {elapsed}");

            // The next round looks again; what it waits for is an epoch, not a time.
            await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Token);
        }
    }

    private async Task AssertSameAsync(string key, byte[] content)
    {
        var copy = Path.Combine(_network.Folder, "back.bin");
        var got = await RunningTestnet.VeilAsync(
            "get", key, "-o", copy, "--force", "--data", _network.Data(Publisher));
        byte[] came = await File.ReadAllBytesAsync(copy, Token);
        Assert.True(content.AsSpan().SequenceEqual(came), "other bytes");
        Say($"fetched and identical, in {got.GetProperty("seconds").GetDouble():0.0} s");
    }

    // Who checks may still go by the directory that has the dead stores, and looks for copies where they were. Then the
    // next one is waited for, which is an epoch, not a time.
    private async Task AssertFullAsync(string key)
    {
        var since = TimeProvider.System.GetTimestamp();
        var (exitCode, found) = await CheckAsync(key);
        while (Count(found, "stores_silent") > 0 && TimeProvider.System.GetElapsedTime(since) < _patience)
        {
            await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Token);
            (exitCode, found) = await CheckAsync(key);
        }

        Assert.Equal(0, exitCode);
        Assert.True(found.GetProperty("healthy").GetBoolean());
        Assert.Equal(Count(found, "shares_needed"), Count(found, "shares_placed"));
        Say($"checked and full, in {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.0} s");
    }

    private async Task<(int ExitCode, JsonElement Found)> CheckAsync(string key)
    {
        var result = await ToolProcess.RunAsync(
            "veil.dll", "check", key, "--data", _network.Data(Publisher), "--json");
        Assert.True(result.ExitCode is 0 or 1, result.Output + result.Errors);
        using var document = JsonDocument.Parse(result.Output);
        Say($"check: {result.Output.Trim()}");
        return (result.ExitCode, document.RootElement.Clone());
    }

    private static long Count(JsonElement from, string name) => from.GetProperty(name).GetInt64();

    private static int Number(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text) : usual;

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}

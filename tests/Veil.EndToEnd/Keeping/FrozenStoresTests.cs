using Veil.EndToEnd.Faults;
using Veil.EndToEnd.Testnet;
using Veil.Node.Control;
using Veil.Wire.Seams;
using Xunit;

namespace Veil.EndToEnd.Keeping;

/// <summary>
/// Stores that stand still for less than the grace cause no repair (spec/keeping.md, sections 3 and 4), not even when
/// the consensus lists them no more and every place on the ring has moved.
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class FrozenStoresTests : IAsyncLifetime
{
    private const string Keeper = "gateway2";
    private const int Stores = 8;

    private readonly FaultSeed _seed = FaultSeed.FromEnvironment();
    private readonly RunningTestnet _network = new()
    {
        Shape = ["--authorities", "3", "--relays", $"{Stores + 3}", "--stores", $"{Stores}", "--exits", "0"],

        // Rounds by themselves every few seconds, and a grace that no freeze of this test reaches.
        Options = ["--set", "Keeping:Interval=4", "--set", "Keeping:Grace=1200"],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public ValueTask InitializeAsync() =>
        DurabilityTests.IsAskedFor ? _network.InitializeAsync() : ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => DurabilityTests.IsAskedFor ? _network.DisposeAsync() : ValueTask.CompletedTask;

    [Fact]
    public async Task Half_of_the_stores_stand_still_and_nothing_is_put_back()
    {
        Assert.SkipUnless(
            DurabilityTests.IsAskedFor,
            "takes a minute and a half: set VEIL_STORES=12; KeeperTests has the same in virtual time");
        var content = _seed.Bytes("frozen", 2 << 20);
        string key = await _network.AddAsync("gateway1", content);
        using var client = new ControlClient(ControlSocket.In(_network.Data(Keeper)));
        await client.KeepAsync(new KeepRequest(key, Now: true, NoGrace: false), Token);

        // All first renewals are made (three intervals): what stores count from now on is repair.
        await WaitForRoundsAsync(client, rounds: 5);
        long before = await BlocksAsync();
        var frozen = Enumerable.Range(1, Stores).Select(store => $"store{store}").ToArray();
        _seed.Decisions("frozen").Shuffle<string>(frozen);
        frozen = frozen[..(Stores / 2)];
        foreach (string store in frozen) await _network.DoAsync("freeze", store);
        await WaitAsync(async () => (await client.GetStatusAsync(Token)).Stores == Stores / 2);
        var found = await client.CheckAsync(key, Token);
        Assert.False(found.Healthy);
        Assert.Equal((0L, 0L), (found.SharesLost, found.CopiesLost));
        Assert.True(found.SharesUnreachable > 0);
        await WaitForRoundsAsync(client, rounds: 3);

        foreach (string store in frozen) await _network.DoAsync("thaw", store);
        await WaitAsync(async () => (await client.CheckAsync(key, Token)).Full);
        var round = (await client.KeepAsync(new KeepRequest(key, Now: true, NoGrace: false), Token)).Round!;

        Assert.Equal(("healthy", 0L), (round.Verdict, round.Stored));
        Assert.Equal(before, await BlocksAsync());
    }

    private static async Task WaitForRoundsAsync(ControlClient client, int rounds)
    {
        HashSet<DateTimeOffset?> seen = [];
        await WaitAsync(async () =>
        {
            seen.Add((await client.ListKeepsAsync(Token)).Keeps.Single().LastRoundAt);
            return seen.Count > rounds;
        });
    }

    // A share that is put back is a block more, wherever it is put.
    private async Task<long> BlocksAsync()
    {
        long blocks = 0;
        for (int store = 1; store <= Stores; store++)
        {
            using var client = new ControlClient(ControlSocket.In(_network.Data($"store{store}")));
            blocks += (await client.GetStatusAsync(Token)).Store!.Blocks;
        }

        return blocks;
    }

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, Token);
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, either.Token);
        }
    }
}

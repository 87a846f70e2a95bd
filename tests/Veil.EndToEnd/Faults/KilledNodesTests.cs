using System.Security.Cryptography;
using System.Text.Json;
using Veil.EndToEnd.Testnet;
using Veil.Node.Control;
using Veil.Tools.Testnet.Commands;
using Veil.Tools.Testnet.Processes;
using Veil.Wire.Seams;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>
/// A network of processes of which one after the other is killed (SIGKILL) under load, each at a moment from the seed,
/// and started again: authorities, relays, stores and gateways (<see cref="FaultSeed"/>).
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class KilledNodesTests
{
    private const int OlderFilesChecked = 2;
    private static readonly TimeSpan _latestMoment = TimeSpan.FromSeconds(1);
    // Beyond the 45 s for which a reader asks again (spec/limits.md, section 5).
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    // What may lie in a data folder (spec/operating.md, section 1); out is the test network's.
    private static readonly string[] _known =
    [
        "blocks", "consensus", "control.sock", "denylist", "lock", "namebook", "names", "network.json", "node.keys",
        "node.log", "out", "records", "state-log.db", "state.db", "state.db.lock", "veil.json", "volume", "vote",
    ];

    private static readonly string[] _gateways = ["gateway1", "gateway2"];

    // One of each at a time; never a relay and a store at once, since three relays and a store are a circuit.
    private static readonly string[][][] _lanes =
    [
        [["authority1", "authority2", "authority3"], _gateways],
        [["relay1"], ["store1", "store2", "store3", "store4"]],
    ];

    private readonly FaultSeed _seed = FaultSeed.FromEnvironment(usualMoments: 1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_node_that_is_killed_under_load_loses_what_was_acknowledged()
    {
        Say($"{_seed}");
        var temporary = System.IO.Directory.CreateTempSubdirectory("veil-killed-");
        try
        {
            await using var network = new RunningTestnet();

            // The runtime's own sockets for debuggers are left by every process that is killed; the service's unit
            // switches them off in the same way.
            network.Environment["DOTNET_EnableDiagnostics"] = "0";
            network.Environment["TMPDIR"] = temporary.FullName;
            await network.InitializeAsync();
            await KillAllAsync(network, temporary);
        }
        finally
        {
            temporary.Delete(recursive: true);
        }
    }

    private async Task KillAllAsync(RunningTestnet network, DirectoryInfo temporary)
    {
        await using var load = new SharingLoad(network, _seed, _gateways);
        try
        {
            await Task.WhenAll(_lanes.Select((roles, lane) =>
                KillAsync(network, load, roles, _seed.Decisions($"kill {lane}"))));
        }
        catch
        {
            Say((await network.TryAsync("status")).Output);
            foreach (var node in _lanes.SelectMany(roles => roles).SelectMany(names => names))
            {
                Say($"{node}:\n{NodeStarter.Tail(Path.Combine(network.Data(node), "out"))}");
            }

            throw;
        }

        await load.StopAsync();
        await AssertFetchedAsync(network, load.Acknowledged, $"at the end, {_seed}");
        Assert.Empty(temporary.GetFileSystemInfos());
        Say($"{load.Acknowledged.Count} files at the end; {load.Ends}");
        Assert.True(load.Acknowledged.Count >= _seed.Moments, $"the load hardly ran: {load.Ends}, {_seed}");
    }

    private async Task KillAsync(
        RunningTestnet network, SharingLoad load, string[][] roles, DecisionSource decisions)
    {
        var victims = Enumerable.Repeat(roles, _seed.Moments)
            .SelectMany(some => some.Select(names => names[decisions.NextIndex(names.Length)])).ToArray();
        var fetched = 0;
        foreach (var (moment, victim) in victims.Index())
        {
            // The moment of the experiment, not a wait for something.
            var delay = decisions.NextTime(TimeSpan.Zero, _latestMoment);
            await Task.Delay(delay, TimeProvider.System, Token);
            await network.DoAsync("kill", victim);
            var promised = load.Acknowledged;
            var since = TimeProvider.System.GetTimestamp();
            await network.DoAsync("start", victim);
            var back = TimeProvider.System.GetElapsedTime(since);
            var where = $"{victim} killed at moment {moment}, {_seed}";
            Say($"{victim} killed after {delay.TotalMilliseconds:0} ms, back after {back.TotalSeconds:0.0} s");
            await AssertServesAsync(network, victim, promised, where);
            await load.CheckAsync();
            await AssertFetchedAsync(network, Some(promised, fetched, decisions), where);
            fetched = promised.Count;
            Say($"{victim}: all is there, {promised.Count} files; {load.Ends}");
        }
    }

    // What is new, and a few older ones; at the end it is all of them.
    private static IEnumerable<SharedThing> Some(
        IReadOnlyList<SharedThing> promised, int fetched, DecisionSource decisions)
    {
        var older = promised.Take(fetched).ToArray();
        decisions.Shuffle<SharedThing>(older);
        return promised.Skip(fetched).Concat(older.Take(OlderFilesChecked));
    }

    private static async Task AssertServesAsync(
        RunningTestnet network, string name, IReadOnlyList<SharedThing> promised, string where)
    {
        using var client = new ControlClient(ControlSocket.In(network.Data(name)));
        await UntilAsync(async () =>
        {
            var status = await client.GetStatusAsync(Token);
            return status.State == "ready" ? null : JsonSerializer.Serialize(status.Problems);
        }, where);
        var status = await client.GetStatusAsync(Token);
        Assert.Equal(ProcessTable.Find(network.Id, Part.Node, name)?.Pid, status.Pid);
        await UntilAsync(() => Task.FromResult(Strangers(network.Data(name))), where);
        var listed = (await client.ListAsync(Token)).Publications.Select(entry => entry.Key).ToHashSet();
        Assert.All(
            promised.Where(thing => thing.Gateway == name),
            thing => Assert.True(listed.Contains(thing.Key), $"not listed: {thing.Key}, {where}"));
    }

    // A file that is replaced just now has a neighbour for a moment.
    private static string? Strangers(string folder)
    {
        var strangers = System.IO.Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Except(_known)
            .ToArray();
        var blocks = Path.Combine(folder, "blocks");
        var others = System.IO.Directory.Exists(blocks)
            ? System.IO.Directory.EnumerateFileSystemEntries(blocks).Select(Path.GetFileName)
                .Where(name => name != "lock" && Path.GetExtension(name) is not (".blocks" or ".leases"))
            : [];
        return strangers.Concat(others).ToArray() is { Length: > 0 } all ? string.Join(", ", all) : null;
    }

    private static async Task AssertFetchedAsync(
        RunningTestnet network, IEnumerable<SharedThing> things, string where)
    {
        var clients = _gateways.Select(name => new ControlClient(ControlSocket.In(network.Data(name)))).ToArray();
        try
        {
            var asked = 0;
            foreach (var thing in things)
            {
                // The other lane may have killed the gateway that is asked: then the other one is.
                await UntilAsync(() => FetchAsync(clients[asked++ % clients.Length], thing, where), where);
            }
        }
        finally
        {
            Array.ForEach(clients, client => client.Dispose());
        }
    }

    private static async Task<string?> FetchAsync(ControlClient client, SharedThing thing, string where)
    {
        using var copy = new MemoryStream();
        try
        {
            await client.GetAsync(thing.Key, _ => copy, Token);
        }
        catch (ControlException fault)
        {
            Assert.NotEqual("verification_failed", fault.Error.Code);
            return $"{thing.Key} cannot be fetched: {fault.Error.Code}";
        }

        var digest = SHA256.HashData(copy.GetBuffer().AsSpan(0, (int)copy.Length));
        Assert.True(digest.AsSpan().SequenceEqual(thing.Digest), $"other bytes, {where}");
        return null;
    }

    private static async Task UntilAsync(Func<Task<string?>> tellWrong, string where)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (await tellWrong() is { } wrong)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < _patience, $"{wrong}, {where}");
            await Task.Delay(_pause, TimeProvider.System, Token);
        }
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}

using System.Globalization;
using System.Text.Json;
using Veil.EndToEnd.Testnet;
using Veil.Node.Control;
using Veil.Node.Status;
using Veil.Tools.Testnet.Commands;
using Veil.Tools.Testnet.Processes;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>
/// Whoever takes part in a download from the internet is closed, killed or frozen at a moment of it that the seed
/// decides (<see cref="FaultSeed"/>): the others learn it within the limits of spec/limits.md, section 8, nothing of it
/// is left, and the next download works. <c>VEIL_FREEZE_SECONDS</c> (10 without it) is how long who is frozen stays so.
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class TransferMomentsTests : IAsyncLifetime
{
    private const string Gateway = "gateway1";
    private const int PathRelays = 3;
    private const int UsualFreezeSeconds = 10;

    // Far more than all that reads ahead and all buffers on the way hold.
    private const int ContentBytes = 32 << 20;

    // What an idle circuit is charged with at most: the first windows on both sides, and of one more branch.
    private const int IdleCircuitBytes = 3 * 3 * 2048;

    // What is learned at once takes some turns of busy processes; a node in a test network drains for 1 s before that.
    private static readonly TimeSpan _atOnce = TimeSpan.FromSeconds(10);

    // Unused room is given back after 10 s, what is not costs its circuit after 65 s (spec/limits.md, section 2); idle
    // branches to exits are closed every 30 s.
    private static readonly TimeSpan _untilIdle = TimeSpan.FromSeconds(65);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly FaultSeed _seed = FaultSeed.FromEnvironment(usualMoments: 1);
    private readonly TimeSpan _freeze = TimeSpan.FromSeconds(
        Environment.GetEnvironmentVariable("VEIL_FREEZE_SECONDS") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : UsualFreezeSeconds);

    private readonly RunningTestnet _network = new()
    {
        Shape = ["--authorities", "3", "--relays", "8", "--stores", "1", "--exits", "2"],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => _network.InitializeAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [Fact]
    public async Task The_others_learn_it_nothing_is_left_and_the_next_download_works()
    {
        Say($"{_seed}");

        // Both have streams to stores from the making of the network, for two minutes.
        await _network.DoAsync("kill", "gateway2");
        await _network.DoAsync("kill", Gateway);
        await _network.DoAsync("start", Gateway);
        var content = _seed.Bytes("content", ContentBytes);
        await using var server = await TargetServer.StartAsync(content);
        await DownloadAsync(server, content, "before any fault");
        await AssertIdleAsync(_untilIdle, "before any fault");
        foreach (var (number, moment) in
            TransferMoment.Draw(_seed.Moments, PathRelays, _seed.Decisions("moments")).Index())
        {
            var where = $"moment {number}: {moment}; {_seed}";
            var victim = await StrikeAsync(server, content, moment, where);
            var isGone = victim is not null && ProcessTable.Find(_network.Id, Part.Node, victim) is null;
            if (isGone && victim == Gateway)
            {
                await _network.DoAsync("start", victim);
            }

            // Around a relay or an exit that is gone, too.
            await DownloadAsync(server, content, where);
            await AssertIdleAsync(_untilIdle, where);
            if (isGone && victim != Gateway)
            {
                await _network.DoAsync("start", victim!);
            }
        }
    }

    /// <summary>One download with a fault in it.</summary>
    /// <returns>The node that it befell.</returns>
    private async Task<string?> StrikeAsync(TargetServer server, byte[] content, TransferMoment moment, string where)
    {
        var before = await CarriedAsync();
        using var transfer = Transfer.Start(_network, Gateway, server.EndPoint, content.Length);
        var target = await server.AcceptAsync(Token);
        await transfer.ReadAsync(moment.AfterBytes);
        var victim = moment.Party switch
        {
            Party.Gateway => Gateway,
            Party.Relay or Party.Exit => Find(before, await CarriedAsync(), moment, where),
            _ => null,
        };

        var since = TimeProvider.System.GetTimestamp();
        Strike(moment, victim, transfer, target);
        var targetEnding = TimeAsync(target.Ended, since);
        if (moment is { Fate: Fate.Closed, Stands: true } && victim is not null)
        {
            await UntilGoneAsync(victim, where);
        }

        var ending = EndAsync(transfer, since);
        if (moment.Fate == Fate.Frozen)
        {
            // How long it is frozen is the experiment, not a wait for something.
            await Task.Delay(_freeze, TimeProvider.System, Token);
            Thaw(moment, victim, transfer, target);
        }

        var patience = moment.Fate == Fate.Frozen ? _patience : _atOnce;
        var (exitCode, took) = await WithinAsync(ending, patience, $"the client has not learned it, {where}");
        var targetTook = await WithinAsync(targetEnding, patience, $"the target has not learned it, {where}");
        Say($"{moment} ({victim}): curl ended with {exitCode} after {took.TotalSeconds:0.00} s with "
            + $"{transfer.Count} bytes, the target knew after {targetTook.TotalSeconds:0.00} s, {target.Sent} sent");
        AssertEnd(moment, exitCode, transfer, (target.Sent, content), where);
        if (moment.Fate == Fate.Closed && victim is not null)
        {
            await UntilGoneAsync(victim, where);
        }

        return victim;
    }

    private static void AssertEnd(
        TransferMoment moment, int exitCode, Transfer transfer, (long Sent, byte[] Content) target, string where)
    {
        Assert.True(transfer.Came.SequenceEqual(target.Content.AsSpan(0, transfer.Count)), $"other bytes, {where}");
        var isWhole = transfer.Count == target.Content.Length;
        if (moment.Fate == Fate.Frozen)
        {
            Assert.True(isWhole && exitCode == 0, $"{transfer.Count} bytes, {exitCode}, {where}");
        }
        else if (moment.Party != Party.Client)
        {
            // Who drains may let it come to its end, if it goes on. What is cut off must not look whole.
            Assert.True(isWhole == (exitCode == 0), $"{transfer.Count} bytes, {exitCode}, {where}");
            Assert.True(
                !isWhole || moment is { Party: Party.Relay or Party.Exit, Fate: Fate.Closed, Stands: false },
                $"the fault did nothing, {where}");
        }

        if (moment is { Party: Party.Target, Fate: Fate.Closed })
        {
            Assert.True(transfer.Count == target.Sent, $"{transfer.Count} of {target.Sent} bytes came, {where}");
        }
    }

    private void Strike(TransferMoment moment, string? victim, Transfer transfer, TargetConnection target)
    {
        var signal = moment.Fate switch
        {
            Fate.Closed => Signals.Terminate,
            Fate.Killed => Signals.Kill,
            _ => Signals.Stop,
        };
        switch (moment.Party)
        {
            case Party.Client:
                transfer.Signal(signal);
                break;
            case Party.Target when moment.Fate == Fate.Closed:
                target.Close();
                break;
            case Party.Target when moment.Fate == Fate.Killed:
                target.Kill();
                break;
            case Party.Target:
                target.Freeze();
                break;
            default:
                Signal(victim!, signal);
                break;
        }
    }

    private void Thaw(TransferMoment moment, string? victim, Transfer transfer, TargetConnection target)
    {
        switch (moment.Party)
        {
            case Party.Client:
                transfer.Signal(Signals.Continue);
                break;
            case Party.Target:
                target.Thaw();
                break;
            default:
                Signal(victim!, Signals.Continue);
                break;
        }
    }

    private void Signal(string node, int signal) => Assert.True(
        ProcessTable.Find(_network.Id, Part.Node, node) is { } process && Signals.Send(process, signal), node);

    private Task UntilGoneAsync(string node, string where) => UntilAsync(
        () => Task.FromResult(ProcessTable.Find(_network.Id, Part.Node, node) is { } left ? $"{left}" : null),
        _patience,
        where);

    private static async Task<(int ExitCode, TimeSpan Took)> EndAsync(Transfer transfer, long since)
    {
        var (exitCode, _) = await transfer.ReadToEndAsync();
        return (exitCode, TimeProvider.System.GetElapsedTime(since));
    }

    internal static async Task<TimeSpan> TimeAsync(Task task, long since)
    {
        await task;
        return TimeProvider.System.GetElapsedTime(since);
    }

    private static async Task<T> WithinAsync<T>(Task<T> task, TimeSpan limit, string otherwise)
    {
        try
        {
            return await task.WaitAsync(limit, TimeProvider.System, Token);
        }
        catch (TimeoutException)
        {
            Assert.Fail(otherwise);
            throw;
        }
    }

    /// <summary>Which relay the bytes have gone through, or which exit.</summary>
    private static string Find(Carried before, Carried after, TransferMoment moment, string where)
    {
        var exit = after.Connected.Single(entry => entry.Value > before.Connected.GetValueOrDefault(entry.Key)).Key;
        var relays = after.Written
            .Where(entry => entry.Value - before.Written.GetValueOrDefault(entry.Key) >= moment.AfterBytes)
            .Select(entry => entry.Key).Where(name => name != exit).Order(StringComparer.Ordinal).ToArray();
        Assert.True(relays.Length == PathRelays, $"it went through {string.Join(", ", relays)}, {where}");
        return moment.Party == Party.Exit ? exit : relays[moment.Relay];
    }

    private async Task<Carried> CarriedAsync()
    {
        var carried = new Carried([], []);
        foreach (var name in Living())
        {
            var status = await StatusAsync(name);
            carried.Written.Add(name, status.Relayed?.Written ?? 0);
            carried.Connected.Add(name, status.Counters.GetValueOrDefault("exit.connected"));
        }

        return carried;
    }

    private string[] Living() =>
        [.. ProcessTable.Of(_network.Id).Where(process => process.Tag.Part == Part.Node)
            .Select(process => process.Tag.Node).Order(StringComparer.Ordinal)];

    // Nobody ends but who is told to.
    private async Task<StatusDocument> StatusAsync(string node)
    {
        using var client = new ControlClient(ControlSocket.In(_network.Data(node)));
        try
        {
            return await client.GetStatusAsync(Token);
        }
        catch (ControlException fault)
        {
            var process = ProcessTable.Find(_network.Id, Part.Node, node);
            Assert.Fail(
                $"{node} ({process}) does not answer: {fault.Error.Code}, {_seed}\n"
                + NodeStarter.Tail(Path.Combine(_network.Data(node), "out")));
            throw;
        }
    }

    /// <summary>A download without a fault, from beginning to end.</summary>
    private async Task DownloadAsync(TargetServer server, byte[] content, string where)
    {
        var since = TimeProvider.System.GetTimestamp();
        using var transfer = Transfer.Start(_network, Gateway, server.EndPoint, content.Length);
        var accepting = server.AcceptAsync(Token);
        var (exitCode, said) = await WithinAsync(transfer.ReadToEndAsync(), _patience, $"it hangs, {where}");
        Assert.True(exitCode == 0, $"the next download ended with {exitCode}: {said}, {where}");
        Assert.True(transfer.Came.SequenceEqual(content), $"the next download is another, {where}");
        var ending = TimeAsync((await accepting).Ended, since);
        await WithinAsync(ending, _atOnce, $"its target has not learned it, {where}");
        Say($"  the next one took {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.0} s");
    }

    private async Task AssertIdleAsync(TimeSpan limit, string where)
    {
        var since = TimeProvider.System.GetTimestamp();
        foreach (var node in Living())
        {
            await UntilAsync(async () =>
            {
                var status = await StatusAsync(node);
                return status.Streams == 0 && status.Memory.Used <= (long)IdleCircuitBytes * status.Circuits
                    ? null
                    : $"{node} is not idle: {status.Streams} streams, {status.Circuits} circuits, "
                        + JsonSerializer.Serialize(status.Memory);
            }, limit, where);
        }

        Say($"  idle after {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.0} s");
    }

    private static async Task UntilAsync(Func<Task<string?>> tellWrong, TimeSpan limit, string where)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (await tellWrong() is { } wrong)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < limit, $"{wrong}, {where}");
            await Task.Delay(_pause, TimeProvider.System, Token);
        }
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    /// <summary>What each node's links have sent, and how many targets it has reached.</summary>
    private sealed record Carried(Dictionary<string, long> Written, Dictionary<string, long> Connected);
}

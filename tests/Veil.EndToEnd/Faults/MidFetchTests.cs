using System.Diagnostics;
using System.Globalization;
using Veil.EndToEnd.Testnet;
using Veil.Tools.Testnet.Auditing;
using Veil.Tools.Testnet.Processes;
using Veil.Tools.Testnet.State;
using Veil.Wire.Seams;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>
/// Two stores that serve a file, and a relay that a circuit of its reader runs through, die or freeze while curl is in
/// the middle of it; which ones, the seed decides (<see cref="FaultSeed"/>). <c>VEIL_FREEZE_SECONDS</c> (6 without it)
/// is how long they are frozen.
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class MidFetchTests
{
    private const string Publisher = "gateway1";
    private const string Reader = "gateway2";
    private const int Stores = 2;
    private const int BytesPerSecond = 2 << 20;
    private const int UsualFreezeSeconds = 6;

    // So many seconds of the fetch are left when the frozen nodes go on.
    private const int SecondsAfter = 4;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(20);

    private readonly FaultSeed _seed = FaultSeed.FromEnvironment();
    private readonly int _freezeSeconds =
        Environment.GetEnvironmentVariable("VEIL_FREEZE_SECONDS") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : UsualFreezeSeconds;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("kill")]
    [InlineData("freeze")]
    public async Task A_file_arrives_whole_though_stores_and_a_relay_on_its_way_fail(string fault)
    {
        await using var network = new RunningTestnet
        {
            Shape = ["--authorities", "3", "--relays", "9", "--stores", "6"],
            Options = ["--record"],
        };
        await network.InitializeAsync();
        var seconds = SecondsAfter + (fault == "freeze" ? _freezeSeconds : 0);
        var sent = _seed.Bytes(fault, BytesPerSecond * seconds);
        var key = await network.AddAsync(Publisher, sent);
        await network.DoAsync("kill", Publisher);

        var copy = Path.Combine(network.Folder, "copy");
        var rate = BytesPerSecond.ToString(CultureInfo.InvariantCulture);
        using var curl = await network.StartCurlAsync(Reader, key, copy, "--limit-rate", rate);
        try
        {
            await UntilAsync(curl, () => File.Exists(copy) && new FileInfo(copy).Length > 0);
            var victims = Choose(network, _seed.Decisions(fault));
            Signal(network, victims, fault == "freeze" ? Signals.Stop : Signals.Kill);
            var arrived = new FileInfo(copy).Length;
            Say($"{fault} {string.Join(", ", victims)} after {arrived} of {sent.Length} bytes; {_seed}");
            Assert.InRange(arrived, 1, sent.Length - 1);
            if (fault == "freeze")
            {
                // How long they are frozen is the experiment, not a wait for something.
                await Task.Delay(TimeSpan.FromSeconds(_freezeSeconds), TimeProvider.System, Token);
                Signal(network, victims, Signals.Continue);
            }

            var errors = await curl.StandardError.ReadToEndAsync(Token);
            await curl.WaitForExitAsync(Token);
            Assert.True(curl.ExitCode == 0, $"curl ended with {curl.ExitCode}: {errors}, {_seed}");
        }
        finally
        {
            curl.Kill(entireProcessTree: true);
        }

        Assert.Equal(sent, await File.ReadAllBytesAsync(copy, Token));
    }

    /// <summary>Two stores that have served blocks, and another relay on a circuit of the reader's.</summary>
    private string[] Choose(RunningTestnet network, DecisionSource decisions)
    {
        var nodes = new RecordReader(new NetworkFolder(network.Folder).Plan(), TimeProvider.System).ReadNow();
        var trees = new CircuitTrees(nodes);
        var serving = nodes.Where(node => node.Of(RecordLine.Block).Any(line =>
            line.Value.StartsWith("served", StringComparison.Ordinal))).Select(node => node.Name).ToArray();
        decisions.Shuffle<string>(serving);
        Assert.True(serving.Length >= Stores, $"{serving.Length} stores have served blocks, {_seed}");
        var stores = serving[..Stores];
        var relays = nodes.Where(node => !node.IsAuthority && !stores.Contains(node.Name)
            && node.Of(RecordLine.Circuit).Any(line =>
                line.Step == CircuitTrees.Accepted && trees.OwnersOf(line.Value).Contains(Reader)))
            .Select(node => node.Name).ToArray();
        Assert.True(relays.Length > 0, $"no relay has a circuit of the reader's, {_seed}");
        return [.. stores, relays[decisions.NextIndex(relays.Length)]];
    }

    // Not by the tool, whose start takes longer than a part of the fetch.
    private static void Signal(RunningTestnet network, string[] nodes, int signal) => Assert.All(
        nodes,
        node => Assert.True(Signals.Send(ProcessTable.Find(network.Id, Part.Node, node)!, signal)));

    private static async Task UntilAsync(Process process, Func<bool> isSo)
    {
        while (!isSo())
        {
            Assert.False(process.HasExited, "curl ended before the fault");
            await Task.Delay(_pause, TimeProvider.System, Token);
        }
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}

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
/// is how long they are frozen, while half of the file is read; the other half is read after that.
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class MidFetchTests
{
    private const string Publisher = "gateway1";
    private const string Reader = "gateway2";
    private const int Stores = 2;

    // Far more than all that reads ahead and all buffers on the way hold.
    private const int FileBytes = 32 << 20;
    private const int FirstBytes = 1 << 20;
    private const int HalfBytes = FileBytes / 2;
    private const int UsualFreezeSeconds = 6;

    private readonly FaultSeed _seed = FaultSeed.FromEnvironment();
    private readonly TimeSpan _freeze = TimeSpan.FromSeconds(
        Environment.GetEnvironmentVariable("VEIL_FREEZE_SECONDS") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : UsualFreezeSeconds);

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
        var sent = _seed.Bytes(fault, FileBytes);
        var key = await network.AddAsync(Publisher, sent);
        await network.DoAsync("kill", Publisher);

        // The test is who reads what curl writes: as long as it does not, the fetch stands still.
        using var curl = await network.StartCurlAsync(Reader, key, "-");
        try
        {
            var came = new byte[FileBytes + 1];
            var file = curl.StandardOutput.BaseStream;
            await file.ReadExactlyAsync(came.AsMemory(0, FirstBytes), Token);
            var victims = Choose(network, _seed.Decisions(fault));
            Say($"{fault} {string.Join(", ", victims)}; {_seed}");
            Signal(network, victims, fault == "freeze" ? Signals.Stop : Signals.Kill);
            var since = TimeProvider.System.GetTimestamp();
            await file.ReadExactlyAsync(came.AsMemory(FirstBytes, HalfBytes - FirstBytes), Token);
            Say($"half of it after {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.0} s");
            if (fault == "freeze")
            {
                // How long they are frozen is the experiment, not a wait for something.
                var left = _freeze - TimeProvider.System.GetElapsedTime(since);
                await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider.System, Token);
                Signal(network, victims, Signals.Continue);
            }

            var length = HalfBytes + await file.ReadAtLeastAsync(
                came.AsMemory(HalfBytes), came.Length - HalfBytes, throwOnEndOfStream: false, Token);
            var errors = await curl.StandardError.ReadToEndAsync(Token);
            await curl.WaitForExitAsync(Token);
            Assert.True(curl.ExitCode == 0, $"curl ended with {curl.ExitCode}: {errors}, {_seed}");
            Assert.True(came.AsSpan(0, length).SequenceEqual(sent), $"other bytes, {_seed}");
        }
        catch
        {
            // The network's folder goes with the test.
            Say(await File.ReadAllTextAsync(Path.Combine(network.Data(Reader), "node.log"), CancellationToken.None));
            throw;
        }
        finally
        {
            curl.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Two stores that have served blocks, and a relay, no store, on a circuit of the reader's.</summary>
    private string[] Choose(RunningTestnet network, DecisionSource decisions)
    {
        var nodes = new RecordReader(new NetworkFolder(network.Folder).Plan(), TimeProvider.System).ReadNow();
        var trees = new CircuitTrees(nodes);
        var serving = nodes.Where(node => node.Of(RecordLine.Block).Any(line =>
            line.Value.StartsWith("served", StringComparison.Ordinal))).Select(node => node.Name).ToArray();
        decisions.Shuffle<string>(serving);
        Assert.True(serving.Length >= Stores, $"{serving.Length} stores have served blocks, {_seed}");
        var stores = serving[..Stores];
        var relays = nodes.Where(node => !node.IsAuthority && !node.IsStore
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

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}

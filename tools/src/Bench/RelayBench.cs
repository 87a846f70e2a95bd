using System.Globalization;
using System.Text.Json;
using Veil.Node.Measure;
using Veil.Node.Status;
using Veil.Wire;
using Veil.Wire.Store;

namespace Veil.Bench;

/// <summary>
/// What a relay pays for bulk: circuits of three hops, each a <c>veil run</c> process, the last a store whose blocks
/// fill one stream in either direction; beside them <see cref="FloorRelay"/> and a raw copy, in turns.
/// <c>--mib N</c> each way (default 512), <c>--samples N</c> (default 5).
/// </summary>
internal sealed class RelayBench(BenchOptions options) : IBench
{
    private const string BulkRole = "bulk";
    private const string FloorRole = "floor";
    private const string SealRole = "seal";
    private const int WarmUpMiB = 128;
    private const int BlocksPerMiB = 32;

    private static readonly string[] _hops = ["guard", "middle", "end"];

    // One epoch of the network.
    private static readonly TimeSpan _quiet = TimeSpan.FromSeconds(20);

    /// <inheritdoc/>
    public string Name => "relay";

    /// <inheritdoc/>
    public string Summary => "CPU of a middle relay beside the floor relay: [--mib 512] [--samples 5]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        int samples = options.Number("--samples", 5);
        string mebibytes = $"{options.Number("--mib", 512)}";
        using var net = LabNet.Start(Name, new LabShape(Relays: 2));
        string[] path = [net["relay1"].Data, net["relay2"].Data, net["store1"].Data];
        int middle = net["relay2"].Status().Pid;
        var raw = new List<CopyRun>();
        var floor = new List<FloorRun>();
        var bulk = new List<BulkRun>();
        for (int sample = 0; sample < samples; sample++)
        {
            raw.Add(CopyRun.Of(new RawBench()));
            floor.Add(RunFloor());
            using var child = new ChildProcess(this, BulkRole, [net.NetworkFile, mebibytes, .. path]);
            bulk.Add(JsonSerializer.Deserialize<BulkRun>(child.ReadLine())!);
        }

        return Report(raw, floor, bulk, IdleOf(middle));
    }

    /// <inheritdoc/>
    public async Task PlayAsync(string role, string[] arguments)
    {
        switch (role)
        {
            case BulkRole:
                Console.WriteLine(JsonSerializer.Serialize(await BulkAsync(arguments)));
                break;
            case FloorRole:
                using (var relay = new FloorRelay())
                {
                    Console.WriteLine(relay.Port);
                    ProcessFigures.Say(relay.Run(Number(arguments[0]), CopyRun.Bytes, TimeProvider.System));
                }

                break;
            case SealRole:
                ProcessFigures.Say(
                    FloorRelay.SendSealed(Number(arguments[0]), CopyRun.Bytes, TimeProvider.System));
                break;
            default:
                await new RawBench().PlayAsync(role, arguments);
                break;
        }
    }

    private BenchReport Report(List<CopyRun> raw, List<FloorRun> floor, List<BulkRun> bulk, double idle)
    {
        double rawRate = Measurement.MedianOf(raw.Select(run => run.Receiver.MiBPerSecond));
        var down = new Measurement("bulk to the client", "MiB/s", [.. bulk.Select(run => run.Down.Rate)]);
        var cost = new Dictionary<string, double>
        {
            ["raw sender"] = Measurement.MedianOf(raw.Select(run => run.Sender.ProcessorSecondsPerGiB)),
            ["raw receiver"] = Measurement.MedianOf(raw.Select(run => run.Receiver.ProcessorSecondsPerGiB)),
            ["floor"] = Measurement.MedianOf(floor.Select(run => run.Relay.ProcessorSecondsPerGiB)),
        };
        var resident = new Dictionary<string, double>
        {
            ["raw sender"] = raw.Max(run => run.Sender.ResidentMiB),
            ["raw receiver"] = raw.Max(run => run.Receiver.ResidentMiB),
            ["floor"] = floor.Max(run => run.Relay.ResidentMiB),
        };
        foreach (string part in bulk[0].Down.Parts.Keys)
        {
            cost[$"{part}, to client"] = Measurement.MedianOf(bulk.Select(run => run.Down.Parts[part].PerGiB));
            cost[$"{part}, from client"] = Measurement.MedianOf(bulk.Select(run => run.Up.Parts[part].PerGiB));
            resident[$"{part}, to client"] = bulk.Max(run => run.Down.Parts[part].Peak);
            resident[$"{part}, from client"] = bulk.Max(run => run.Up.Parts[part].Peak);
        }

        return new BenchReport(
            Name,
            [
                down,
                new Measurement("bulk from the client", "MiB/s", [.. bulk.Select(run => run.Up.Rate)]),
                new Measurement("floor", "MiB/s", [.. floor.Select(run => run.Receiver.MiBPerSecond)]),
                ToFloor("middle/floor, to client", bulk.Select(run => run.Down), floor),
                ToFloor("middle/floor, from client", bulk.Select(run => run.Up), floor),
                new Measurement(
                    "links to payload", "ratio", [.. bulk.Select(run => run.Down.Parts[_hops[1]].Overhead)]),
                new Measurement("middle when idle", "% of core", [idle]),
            ],
            rawRate,
            down.Value / rawRate,
            cost,
            resident);
    }

    private static Measurement ToFloor(string metric, IEnumerable<Way> ways, List<FloorRun> floor) => new(
        metric,
        "ratio",
        [.. ways.Zip(floor, (way, run) => way.Parts[_hops[1]].PerGiB / run.Relay.ProcessorSecondsPerGiB)]);

    private FloorRun RunFloor()
    {
        using var receiver = new ChildProcess(this, CopyRun.ReceiveRole);
        using var relay = new ChildProcess(this, FloorRole, receiver.ReadLine());
        using var sender = new ChildProcess(this, SealRole, relay.ReadLine());
        var run = new FloorRun(receiver.Finish(), relay.Finish());
        sender.Finish();
        return run;
    }

    // What the network itself costs the relay, with its epochs of seconds: it is in the relay's figures, too.
    private static double IdleOf(int pid)
    {
        var used = LabNode.ProcessorOf(pid);
        Task.Delay(_quiet, TimeProvider.System).GetAwaiter().GetResult();
        return (LabNode.ProcessorOf(pid) - used) / _quiet * 100;
    }

    private static async Task<BulkRun> BulkAsync(string[] arguments)
    {
        await using var client = await BenchClient.JoinAsync(arguments[0]);
        int mebibytes = Number(arguments[1]);
        var nodes = arguments[2..].Select(data => new LabNode(data)).ToArray();
        var path = await Task.WhenAll(nodes.Select(client.RelayAsync));
        using var circuit = await client.MakeLinks(circuits: 1).BuildAsync(path);
        var traffic = new BlockTraffic(circuit.Open(ServiceId.Store));

        // Also brings the block there, for GET.
        await traffic.MoveAsync(StoreFrameType.Put, WarmUpMiB * BlocksPerMiB);
        var up = await MeasureAsync(nodes, mebibytes, blocks => traffic.MoveAsync(StoreFrameType.Put, blocks));
        await traffic.MoveAsync(StoreFrameType.Get, WarmUpMiB * BlocksPerMiB);
        var down = await MeasureAsync(nodes, mebibytes, blocks => traffic.MoveAsync(StoreFrameType.Get, blocks));
        return new BulkRun(down, up);
    }

    private static async Task<Way> MeasureAsync(LabNode[] nodes, int mebibytes, Func<int, Task> move)
    {
        var before = await Task.WhenAll(nodes.Select(node => node.StatusAsync()));
        var used = before.Select(status => LabNode.ProcessorOf(status.Pid)).ToArray();
        var own = Environment.CpuUsage.TotalTime;
        long start = TimeProvider.System.GetTimestamp();
        await move(mebibytes * BlocksPerMiB);
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        var ownUsed = Environment.CpuUsage.TotalTime - own;
        var spent = before.Select((status, index) => LabNode.ProcessorOf(status.Pid) - used[index]).ToArray();
        var after = await Task.WhenAll(nodes.Select(node => node.StatusAsync()));
        double payload = mebibytes / 1024.0;
        var parts = new Dictionary<string, Part>();
        for (int hop = 0; hop < nodes.Length; hop++)
        {
            double carried = Carried(before[hop].Relayed!, after[hop].Relayed!);
            parts[_hops[hop]] = new Part(
                spent[hop].TotalSeconds / carried, LabNode.PeakOf(before[hop].Pid), carried / payload);
        }

        parts["client"] = new Part(
            ownUsed.TotalSeconds / payload, LabNode.PeakOf(Environment.ProcessId), 1);
        return new Way(mebibytes / seconds, parts);
    }

    // A relay in the middle reads as much as it writes; the end does one of both, and little of the other.
    private static double Carried(RelayedDocument before, RelayedDocument after) =>
        Math.Max(after.Read - before.Read, after.Written - before.Written) / (double)(1 << 30);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private sealed record FloorRun(ProcessFigures Receiver, ProcessFigures Relay);

    /// <summary>Both directions of one circuit.</summary>
    private sealed record BulkRun(Way Down, Way Up);

    /// <summary>One direction: MiB of blocks a second, and what it cost whom.</summary>
    private sealed record Way(double Rate, Dictionary<string, Part> Parts);

    /// <summary>Processor seconds for each GiB on its links (the client: of blocks), highest resident MiB, and bytes on
    /// its links for each byte of blocks.</summary>
    private sealed record Part(double PerGiB, double Peak, double Overhead);
}

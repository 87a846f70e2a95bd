using System.Globalization;
using System.Text.Json;
using Veil.Node.Measure;

namespace Veil.Bench.Streams;

/// <summary>
/// A child process that downloads over some streams at once, of one isolation group, one after the other MiB for each
/// sample, and looks at other processes before and after. A line for each sample.
/// </summary>
internal static class Download
{
    internal const string Role = "download";

    private const int WarmUpMiB = 256;

    /// <summary>Starts the child and reads all of its samples.</summary>
    internal static List<DownloadRun> Play(StreamNet net, (int Streams, int MiB, int Samples) load)
    {
        using var child = net.Start(
            Role,
            [$"{load.Streams}", $"{load.MiB}", $"{load.Samples}", net.Net.AnswerFolder,
                .. net.Processes().Select(process => $"{process.Name}={process.Id}")]);
        return [.. Enumerable.Range(0, load.Samples).Select(
            _ => JsonSerializer.Deserialize<DownloadRun>(child.ReadLine())!)];
    }

    /// <summary>The child.</summary>
    internal static void Play(Route route, string[] arguments)
    {
        var numbers = arguments[..3].Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        string answers = arguments[3];
        var processes = arguments[4..].Select(text => text.Split('=')).ToDictionary(
            pair => pair[0], pair => int.Parse(pair[1], CultureInfo.InvariantCulture));
        var (streams, mebibytes) = (numbers[0], numbers[1]);
        var sockets = Enumerable.Range(0, streams).Select(
            _ => route.Open("download", new TargetRequest(TargetKind.Send, Share(WarmUpMiB, streams)))).ToArray();
        ReceiveAll(sockets, Share(WarmUpMiB, streams));
        for (int sample = 0; sample < numbers[2]; sample++)
        {
            var before = Count(processes, answers);
            var used = processes.Values.Select(LabNode.ProcessorOf).ToArray();
            var own = Environment.CpuUsage.TotalTime;
            long start = TimeProvider.System.GetTimestamp();
            foreach (var socket in sockets)
            {
                socket.SendAll(new TargetRequest(TargetKind.Send, Share(mebibytes, streams)).ToBytes());
            }

            ReceiveAll(sockets, Share(mebibytes, streams));
            double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
            double gibibytes = Share(mebibytes, streams) * streams / (double)(1L << 30);
            var cost = processes.Values.Select(
                (id, index) => (LabNode.ProcessorOf(id) - used[index]).TotalSeconds / gibibytes).ToArray();
            var costs = processes.Keys.Zip(cost).ToDictionary(pair => pair.First, pair => pair.Second);
            costs["client"] = (Environment.CpuUsage.TotalTime - own).TotalSeconds / gibibytes;
            var peaks = processes.ToDictionary(process => process.Key, process => LabNode.PeakOf(process.Value));
            peaks["client"] = LabNode.PeakOf(Environment.ProcessId);
            var counted = Count(processes, answers).ToDictionary(
                node => node.Key, node => node.Value.Since(before[node.Key], gibibytes));
            Console.WriteLine(JsonSerializer.Serialize(
                new DownloadRun(gibibytes * 1024 / seconds, costs, peaks, counted)));
        }
    }

    // The target is no node.
    private static Dictionary<string, NodeCounts> Count(Dictionary<string, int> processes, string answers) =>
        StreamNet.Nodes.ToDictionary(node => node, node =>
        {
            var (allocated, contended) = LabNode.CountAsync(processes[node], answers).GetAwaiter().GetResult();
            return new NodeCounts(allocated, contended);
        });

    private static long Share(int mebibytes, int streams) => ((long)mebibytes << 20) / streams;

    private static void ReceiveAll(PlainSocket[] sockets, long bytes)
    {
        var threads = sockets.Select(socket => new Thread(() => Receive(socket, bytes))).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }
    }

    private static void Receive(PlainSocket socket, long bytes)
    {
        var buffer = new byte[RawCopy.BufferBytes];
        while (bytes > 0)
        {
            int count = socket.Receive(buffer.AsSpan(0, (int)Math.Min(buffer.Length, bytes)));
            bytes -= count > 0 ? count : throw new IOException("a download ended early");
        }
    }
}

/// <summary>One sample.</summary>
/// <param name="Rate">MiB/s of all streams together.</param>
/// <param name="PerGiB">Processor seconds for each GiB of payload, by process.</param>
/// <param name="Peaks">Highest resident set so far, MiB, by process.</param>
/// <param name="Counts">What the runtime counted, by node.</param>
internal sealed record DownloadRun(
    double Rate,
    Dictionary<string, double> PerGiB,
    Dictionary<string, double> Peaks,
    Dictionary<string, NodeCounts> Counts);

/// <summary>What the runtime counts: bytes allocated, and how often a lock was waited for.</summary>
internal sealed record NodeCounts(double Allocated, double Contended)
{
    /// <summary>For each GiB of payload since the earlier look.</summary>
    internal NodeCounts Since(NodeCounts before, double gibibytes) =>
        new((Allocated - before.Allocated) / gibibytes, (Contended - before.Contended) / gibibytes);
}

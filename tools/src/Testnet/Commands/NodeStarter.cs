using Veil.Tools.Testnet.Processes;
using Veil.Tools.Testnet.State;

namespace Veil.Tools.Testnet.Commands;

/// <summary>Starts nodes and their forwarders, and knows from what they print when they serve.</summary>
internal sealed class NodeStarter(NetworkPlan plan, Journal journal, TimeProvider time)
{
    private const string Ready = "ready";
    private const int TailLines = 20;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    private readonly List<Started> _started = [];

    /// <summary>The process numbers of what was started here.</summary>
    internal int PidOf(NodePlan node) =>
        _started.Single(entry => entry.Node == node && entry.Part == Part.Node).Pid;

    /// <summary>Starts a node's process, or the forwarder's, in the background.</summary>
    internal void Start(NodePlan node, Part part)
    {
        var (command, output) = part == Part.Node
            ? (node.Command, node.Output)
            : (node.ForwarderCommand!, node.ForwarderOutput);
        System.IO.Directory.CreateDirectory(node.Data);
        var from = File.Exists(output) ? new FileInfo(output).Length : 0;
        journal.Write(new JournalLine(JournalLine.StartEvent) { Name = $"{node.Name} {part}" });
        var pid = Launcher.Start(command, new Tag(plan.Id, part, node.Name), output);
        _started.Add(new Started(node, part, pid, ProcessTable.StartOf(pid) ?? "", output, from));
    }

    /// <summary>Waits until everything that was started has said that it serves.</summary>
    /// <exception cref="TestnetFailure">Something ended, or the time is over.</exception>
    internal async Task WaitAsync(CancellationToken deadline)
    {
        var waiting = _started.ToList();
        while (true)
        {
            // Looked at in this order: what ends after its word was read has said it.
            var gone = waiting.Where(entry => !ProcessTable.IsRunning(entry.Pid, entry.Since)).ToList();
            waiting.RemoveAll(entry => IsReady(entry));
            if (waiting.Count == 0)
            {
                return;
            }

            if (gone.Intersect(waiting).ToList() is { Count: > 0 } dead)
            {
                throw Failure("ended", dead);
            }

            if (deadline.IsCancellationRequested)
            {
                throw Failure("not ready in time", waiting);
            }

            await Task.Delay(_pause, time, CancellationToken.None);
        }
    }

    /// <summary>The last lines of a file, for a message; empty when there is none.</summary>
    internal static string Tail(string path) =>
        File.Exists(path)
            ? string.Join('\n', File.ReadLines(path).TakeLast(TailLines).Select(line => $"  {line}"))
            : "";

    private static bool IsReady(Started entry)
    {
        if (!File.Exists(entry.Output))
        {
            return false;
        }

        using var file = new FileStream(entry.Output, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = entry.From;
        using var reader = new StreamReader(file);
        while (reader.ReadLine() is { } line)
        {
            if (line == Ready)
            {
                return true;
            }
        }

        return false;
    }

    private static TestnetFailure Failure(string what, List<Started> entries)
    {
        var names = string.Join(", ", entries.Select(entry =>
            entry.Part == Part.Node ? entry.Node.Name : $"the forwarder of {entry.Node.Name}"));
        foreach (var entry in entries.Take(3))
        {
            Voice.Say($"the last lines of {entry.Output}:\n{Tail(entry.Output)}");
        }

        return new TestnetFailure(
            ExitCodes.Failed, "not_ready", $"{what}: {names}", $"see {entries[0].Output}");
    }

    private sealed record Started(NodePlan Node, Part Part, int Pid, string Since, string Output, long From);
}

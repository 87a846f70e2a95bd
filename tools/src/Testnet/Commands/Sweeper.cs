using Veil.Tools.Testnet.Processes;
using Veil.Tools.Testnet.State;

namespace Veil.Tools.Testnet.Commands;

/// <summary>What was there to stop.</summary>
/// <param name="Processes">Processes that ended.</param>
/// <param name="Killed">How many of them did not end when asked.</param>
/// <param name="Namespaces">Namespaces that were removed.</param>
internal sealed record Swept(int Processes, int Killed, int Namespaces);

/// <summary>
/// Stops everything of a network, whoever started it and however far that came. It goes by the mark that processes
/// carry and by the names of namespaces, not by remembered numbers, so that it finds all of it and nothing else.
/// </summary>
internal sealed class Sweeper(NetworkFolder folder, TimeProvider time)
{
    // A process shows no mark for the moment in which it becomes another program.
    private const int Looks = 3;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _patienceAfterKill = TimeSpan.FromSeconds(10);

    // It stops what it has started, with the two patiences above.
    private static readonly TimeSpan _patienceWithTool = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Stops a network; one that is stopped already, or never was, is no mistake.</summary>
    /// <exception cref="TestnetFailure">Something does not go away.</exception>
    /// <exception cref="IOException">The system refuses to remove a namespace.</exception>
    internal async Task<Swept> RunAsync(CancellationToken cancellationToken)
    {
        var lines = folder.Journal.Read();
        if (lines.FirstOrDefault(line => line.Id is not null) is not { Id: { } id } first)
        {
            return new Swept(0, 0, 0);
        }

        await StopToolAsync(first, cancellationToken);
        var (processes, killed) = await StopProcessesAsync(id, cancellationToken);
        var namespaces = await Namespaces.RemoveAsync(id, cancellationToken);
        folder.Journal.Write(new JournalLine(JournalLine.StoppedEvent));
        return new Swept(processes, killed, namespaces);
    }

    /// <summary>An `up` that is at work would start what is stopped here.</summary>
    private async Task StopToolAsync(JournalLine first, CancellationToken cancellationToken)
    {
        if (first is not { ToolPid: { } pid, ToolStart: { } start } || pid == Environment.ProcessId
            || !Signals.Send(pid, start, Signals.Terminate))
        {
            return;
        }

        Voice.Say("stopping the command that is making this network");
        var since = time.GetTimestamp();
        while (ProcessTable.IsRunning(pid, start))
        {
            if (time.GetElapsedTime(since) > _patienceWithTool)
            {
                Signals.Send(pid, start, Signals.Kill);
            }

            await Task.Delay(_pause, time, cancellationToken);
        }
    }

    private async Task<(int Seen, int Killed)> StopProcessesAsync(string id, CancellationToken cancellationToken)
    {
        HashSet<int> seen = [], killed = [];
        var since = time.GetTimestamp();
        for (var empty = 0; empty < Looks; await Task.Delay(_pause, time, cancellationToken))
        {
            var running = ProcessTable.Of(id);
            empty = running.Count == 0 ? empty + 1 : 0;
            var elapsed = time.GetElapsedTime(since);
            if (running.Count > 0 && elapsed > _patience + _patienceAfterKill)
            {
                throw new TestnetFailure(
                    ExitCodes.Failed,
                    "still_running",
                    $"does not end: {string.Join(", ", running.Select(one => $"{one.Tag.Node} (process {one.Pid})"))}",
                    "see what the kernel says of it; then run down again");
            }

            foreach (var process in running)
            {
                if (elapsed > _patience)
                {
                    killed.Add(process.Pid);
                    Signals.Send(process, Signals.Kill);
                }
                else if (seen.Add(process.Pid))
                {
                    // A frozen process takes the wish only once it goes on.
                    Signals.Send(process, Signals.Terminate);
                    Signals.Send(process, Signals.Continue);
                }
            }
        }

        return (seen.Union(killed).Count(), killed.Count);
    }
}

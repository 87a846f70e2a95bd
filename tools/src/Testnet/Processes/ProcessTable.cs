namespace Veil.Tools.Testnet.Processes;

/// <summary>A process that runs now.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Tag">Its mark.</param>
/// <param name="Frozen">Whether it is stopped by a signal.</param>
internal sealed record RunningProcess(int Pid, Tag Tag, bool Frozen);

/// <summary>The processes of this machine as /proc shows them.</summary>
internal static class ProcessTable
{
    private const char Zombie = 'Z';
    private const char Dead = 'X';
    private const char Stopped = 'T';

    /// <summary>The processes that carry the network's mark, this one not among them. Those that have ended and wait
    /// to be collected are not running.</summary>
    internal static IReadOnlyList<RunningProcess> Of(string network)
    {
        List<RunningProcess> found = [];
        foreach (var folder in System.IO.Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var pid)
                && pid != Environment.ProcessId
                && At(pid) is { } process
                && process.Tag.Network == network)
            {
                found.Add(process);
            }
        }

        return found;
    }

    /// <summary>The node's process; null when it does not run.</summary>
    internal static RunningProcess? Find(string network, Part part, string node) =>
        Of(network).FirstOrDefault(process => process.Tag.Part == part && process.Tag.Node == node);

    /// <summary>The process of that number; null when it is gone, ended, without mark or another user's.</summary>
    internal static RunningProcess? At(int pid)
    {
        // The mark first: whoever has it is ours, whatever happens to the number after that.
        if (Read($"/proc/{pid}/environ") is { } environment
            && Tag.Of(environment) is { } tag
            && StateOf(pid) is { } state and not Zombie and not Dead)
        {
            return new RunningProcess(pid, tag, state == Stopped);
        }

        return null;
    }

    /// <summary>When a process started, in ticks since boot: with its number, the name of that process alone.</summary>
    /// <returns>Null when it is gone.</returns>
    internal static string? StartOf(int pid) => FieldsOf(pid) is { Length: > 19 } fields ? fields[19] : null;

    /// <summary>Whether the process of that number is still the one that started then, and has not ended.</summary>
    internal static bool IsRunning(int pid, string startedAt) =>
        StartOf(pid) == startedAt && StateOf(pid) is not (null or Zombie or Dead);

    private static char? StateOf(int pid) => FieldsOf(pid) is { Length: > 0 } fields ? fields[0][0] : null;

    // What follows the name, which stands in brackets and may hold anything: state, parent, ... (proc(5)).
    private static string[]? FieldsOf(int pid) =>
        Read($"/proc/{pid}/stat") is { } stat && stat.LastIndexOf(')') is > 0 and var end
            ? stat[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
            : null;

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or is another user's.
            return null;
        }
    }
}

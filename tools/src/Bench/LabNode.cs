using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Veil.Node.Configuration;
using Veil.Node.Control;
using Veil.Node.Status;

namespace Veil.Bench;

/// <summary>One <c>veil run</c> process of a lab network, from outside: its status, and what /proc counts.</summary>
/// <param name="Data">Its data folder.</param>
internal sealed partial record LabNode(string Data)
{
    /// <summary>SIGSTOP of Linux.</summary>
    internal const int StopSignal = 19;

    /// <summary>SIGCONT of Linux.</summary>
    internal const int ContinueSignal = 18;

    private const int CollectSignal = 10;
    private const int CountSignal = 12;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    /// <summary>What it says of itself.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    internal async Task<StatusDocument> StatusAsync()
    {
        using var client = new ControlClient(new DataPaths(Data).ControlSocket);
        try
        {
            return await client.GetStatusAsync(CancellationToken.None);
        }
        catch (ControlException fault)
        {
            throw new IOException($"{Path.GetFileName(Data)} does not answer: {fault.Message}", fault);
        }
    }

    /// <summary>The same, for who may block.</summary>
    internal StatusDocument Status() => StatusAsync().GetAwaiter().GetResult();

    /// <summary>Changes a setting while the node runs, as <c>veil set</c> does.</summary>
    /// <exception cref="IOException">It refuses, or does not answer.</exception>
    internal void Set(string name, string value)
    {
        using var client = new ControlClient(new DataPaths(Data).ControlSocket);
        try
        {
            client.SetAsync(name, value, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (ControlException fault)
        {
            throw new IOException($"{Path.GetFileName(Data)} does not take {name}: {fault.Message}", fault);
        }
    }

    /// <summary>User and system time of a node's process since its start.</summary>
    internal static TimeSpan ProcessorOf(int pid)
    {
        using var process = Process.GetProcessById(pid);
        return process.TotalProcessorTime;
    }

    /// <summary>Resident set in MiB.</summary>
    internal static double ResidentOf(int pid)
    {
        using var process = Process.GetProcessById(pid);
        return process.WorkingSet64 / 1048576.0;
    }

    /// <summary>Highest resident set in MiB.</summary>
    internal static double PeakOf(int pid)
    {
        using var process = Process.GetProcessById(pid);
        return process.PeakWorkingSet64 / 1048576.0;
    }

    /// <summary>
    /// Lets the process collect all garbage and give its pages back, and says what is left on its heap, in bytes. Only
    /// of a node that was started with <see cref="StartupHook"/>.
    /// </summary>
    /// <exception cref="IOException">It does not answer.</exception>
    internal static async Task<long> CollectAsync(int pid, string folder) =>
        (await AskAsync(pid, folder, CollectSignal))[0];

    /// <summary>The runtime's counters since the process began: bytes allocated, and how often a lock was waited for.
    /// Only of a node that was started with <see cref="StartupHook"/>.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    internal static async Task<(long Allocated, long Contended)> CountAsync(int pid, string folder)
    {
        var counts = await AskAsync(pid, folder, CountSignal);
        return (counts[0], counts[1]);
    }

    /// <summary>Sends a signal; other than 0 when that was not possible.</summary>
    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Signal(int pid, int number);

    private static async Task<long[]> AskAsync(int pid, string folder, int signal)
    {
        string answer = Path.Combine(folder, pid.ToString(CultureInfo.InvariantCulture));
        File.Delete(answer);
        if (Signal(pid, signal) != 0)
        {
            throw new IOException($"process {pid} is gone");
        }

        long start = TimeProvider.System.GetTimestamp();
        while (!File.Exists(answer))
        {
            if (TimeProvider.System.GetElapsedTime(start) > _patience)
            {
                throw new IOException($"process {pid} does not say what it holds");
            }

            await Task.Delay(_pause, TimeProvider.System);
        }

        string text = await File.ReadAllTextAsync(answer);
        return [.. text.Split(' ').Select(number => long.Parse(number, CultureInfo.InvariantCulture))];
    }
}

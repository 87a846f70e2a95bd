using System.Runtime.InteropServices;

namespace Veil.Tools.Testnet.Processes;

/// <summary>Signals, sent only to processes that carry the mark at that moment.</summary>
internal static partial class Signals
{
    internal const int Kill = 9;
    internal const int Terminate = 15;

    // Linux on x64 and arm64.
    internal const int Continue = 18;
    internal const int Stop = 19;

    /// <summary>Sends a signal.</summary>
    /// <returns>False when the process is gone: nothing was sent.</returns>
    internal static bool Send(RunningProcess process, int signal) =>
        ProcessTable.At(process.Pid) is { } now && now.Tag == process.Tag && SendTo(process.Pid, signal) == 0;

    /// <summary>Sends a signal to a process known by number and start.</summary>
    /// <returns>False when that process is gone: nothing was sent.</returns>
    internal static bool Send(int pid, string startedAt, int signal) =>
        ProcessTable.IsRunning(pid, startedAt) && SendTo(pid, signal) == 0;

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendTo(int pid, int signal);
}

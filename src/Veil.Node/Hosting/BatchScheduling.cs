using System.Globalization;
using System.Runtime.InteropServices;

namespace Veil.Node.Hosting;

/// <summary>
/// Tells Linux that the node's work comes in batches (SCHED_BATCH of sched(7); spec/operating.md, section 4): a thread
/// that wakes waits for its turn instead of interrupting what runs. Bytes that come meanwhile are then taken as one
/// batch, and a machine's other programs feel less of the node.
/// </summary>
internal static partial class BatchScheduling
{
    private const int Usual = 0;
    private const int Batch = 3;

    /// <summary>
    /// Asks for all threads that there are; those that they start inherit it. Nothing happens where the operator chose
    /// another policy, where the service's walls forbid it (its unit says the same), or on another system.
    /// </summary>
    internal static void Ask()
    {
        if (!OperatingSystem.IsLinux() || PolicyOf(0) != Usual)
        {
            return;
        }

        foreach (string thread in System.IO.Directory.EnumerateDirectories("/proc/self/task"))
        {
            int priority = 0;
            if (int.TryParse(Path.GetFileName(thread), CultureInfo.InvariantCulture, out int id))
            {
                _ = SetPolicy(id, Batch, in priority);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_getscheduler")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int PolicyOf(int thread);

    // struct sched_param is its priority, which this policy does not use.
    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPolicy(int thread, int policy, in int priority);
}

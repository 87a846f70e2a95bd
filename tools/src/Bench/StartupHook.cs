using System.Globalization;
using System.Runtime.InteropServices;

/// <summary>
/// Runs inside a node's process before its own code does, when <c>DOTNET_STARTUP_HOOKS</c> names this assembly: the
/// runtime asks for this name, without a namespace. At SIGUSR1 it collects all garbage and writes what is left of the
/// heap, in bytes; at SIGUSR2 the runtime's counters of bytes allocated and of locks that were waited for, in a line.
/// Answers go into a file named by the process in the folder that <see cref="FolderVariable"/> names. No package and no
/// change of the product is needed to look into it.
/// </summary>
internal static class StartupHook
{
    /// <summary>The folder that answers go to; without it nothing is done.</summary>
    internal const string FolderVariable = "BENCH_ANSWER_FOLDER";

    // Of Linux: positive numbers are the system's own.
    private const PosixSignal CollectSignal = (PosixSignal)10;
    private const PosixSignal CountSignal = (PosixSignal)12;

    private static PosixSignalRegistration[] _registrations = [];

    /// <summary>Called by the runtime.</summary>
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { } folder)
        {
            _registrations =
            [
                PosixSignalRegistration.Create(CollectSignal, context => Answer(context, folder, Collect)),
                PosixSignalRegistration.Create(CountSignal, context => Answer(context, folder, Count)),
            ];
        }
    }

    private static string Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return GC.GetTotalMemory(false).ToString(CultureInfo.InvariantCulture);
    }

    private static string Count() => string.Create(
        CultureInfo.InvariantCulture, $"{GC.GetTotalAllocatedBytes(precise: true)} {Monitor.LockContentionCount}");

    private static void Answer(PosixSignalContext context, string folder, Func<string> answer)
    {
        context.Cancel = true;
        string path = Path.Combine(folder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));

        // Whoever waits for the file must not see half of it.
        File.WriteAllText(path + ".part", answer());
        File.Move(path + ".part", path, overwrite: true);
    }
}

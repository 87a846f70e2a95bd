using System.Globalization;
using System.Runtime.InteropServices;

/// <summary>
/// Runs inside a node's process before its own code does, when <c>DOTNET_STARTUP_HOOKS</c> names this assembly: the
/// runtime asks for this name, without a namespace. At SIGUSR1 it collects all garbage and writes what is left of the
/// heap, in bytes, into a file named by the process in the folder that <see cref="FolderVariable"/> names. No package
/// and no change of the product is needed to look into it.
/// </summary>
internal static class StartupHook
{
    /// <summary>The folder that answers go to; without it nothing is done.</summary>
    internal const string FolderVariable = "BENCH_HEAP_FOLDER";

    // SIGUSR1 on Linux: positive numbers are the system's own.
    private const PosixSignal UserSignal = (PosixSignal)10;

    private static PosixSignalRegistration? _registration;

    /// <summary>Called by the runtime.</summary>
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { } folder)
        {
            _registration = PosixSignalRegistration.Create(UserSignal, context => Answer(context, folder));
        }
    }

    private static void Answer(PosixSignalContext context, string folder)
    {
        context.Cancel = true;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        string path = Path.Combine(folder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));

        // Whoever waits for the file must not see half of it.
        File.WriteAllText(path + ".part", GC.GetTotalMemory(false).ToString(CultureInfo.InvariantCulture));
        File.Move(path + ".part", path, overwrite: true);
    }
}

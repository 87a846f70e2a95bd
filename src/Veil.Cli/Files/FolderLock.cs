using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Veil.Cli.Files;

/// <summary>
/// Keeps a folder for one run, between processes and within one; it ends with its process and leaves nothing. On Linux
/// the folder itself is locked, which holds also while it is renamed; elsewhere a file beside it.
/// </summary>
internal sealed partial class FolderLock : IDisposable
{
    private const int ReadAndNotInherited = 0x80000;
    private const int ExclusiveAndAtOnce = 2 | 4;
    private const int WouldBlock = 11;

    private readonly IDisposable _held;

    private FolderLock(IDisposable held) => _held = held;

    /// <summary>Locks a folder that is there; null when another run has it.</summary>
    internal static FolderLock? TryTake(string folder)
    {
        if (OperatingSystem.IsLinux())
        {
            return TryTakeItself(folder);
        }

        try
        {
            return new FolderLock(new FileStream(
                folder + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1,
                FileOptions.DeleteOnClose));
        }
        catch (IOException) when (File.Exists(folder + ".lock"))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();

    private static FolderLock? TryTakeItself(string folder)
    {
        var handle = open([.. Encoding.UTF8.GetBytes(folder), 0], ReadAndNotInherited);

        // File systems without locks are used without; and another run that was done just now has taken the folder
        // from here.
        bool isTaken = handle.IsInvalid
            || (flock(handle, ExclusiveAndAtOnce) != 0 && Marshal.GetLastPInvokeError() == WouldBlock)
            || FileFacts.Of(handle).Identity != FileFacts.Of(folder).Identity;
        if (isTaken)
        {
            handle.Dispose();
            return null;
        }

        return new FolderLock(handle);
    }

    [LibraryImport("libc")]
    private static partial SafeFileHandle open(byte[] path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}

using System.Runtime.InteropServices;

namespace Veil.Bench;

/// <summary>
/// Makes the next read of files come from the disk: <c>posix_fadvise</c> drops their pages and nobody else's. Linux
/// only; elsewhere a cold opening is as warm as the others.
/// </summary>
internal static partial class FileCache
{
    private const int DontNeed = 4;

    /// <summary>Drops what the system keeps in memory of all files of the folder; they must be on disk.</summary>
    internal static void Drop(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        foreach (var path in System.IO.Directory.EnumerateFiles(folder))
        {
            // Only clean pages can be dropped.
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(file);
            var error = Advise(file, 0, 0, DontNeed);
            if (error != 0)
            {
                throw new IOException($"posix_fadvise failed with {error}");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(SafeHandle file, long offset, long length, int advice);
}

using Microsoft.Win32.SafeHandles;
using Veil.Storage.Segments;

namespace Veil.Storage;

/// <summary>
/// A lock between processes, and within one: a file that only one can have open. It ends with its process.
/// </summary>
public static class ExclusiveFile
{
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    /// <summary>Takes the lock until the handle is disposed.</summary>
    /// <param name="path">The file, made if missing; its folder exists.</param>
    /// <param name="what">What is locked, for the message.</param>
    /// <exception cref="StorageException">Somebody has it, or the folder cannot be written.</exception>
    public static SafeFileHandle Lock(string path, string what)
    {
        try
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (IsTaken(exception))
        {
            throw new StorageException(
                StorageFault.InUse,
                $"{what} is in use: stop the other node, or give this one a data folder of its own",
                exception);
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            throw DiskFault.Of(exception, Path.GetDirectoryName(path)!);
        }
    }

    private static bool IsTaken(IOException exception) => OperatingSystem.IsWindows()
        ? exception.HResult == WindowsSharingViolation
        : exception.HResult is LinuxWouldBlock or MacWouldBlock;
}

using Microsoft.Win32.SafeHandles;
using Veil.Storage;

namespace Veil.Node.Configuration;

/// <summary>
/// A node's data folder, taken for this process: where each thing lies (spec/operating.md, section 1).
/// </summary>
public sealed class DataFolder : IDisposable
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly SafeFileHandle _lock;

    private DataFolder(DataPaths paths, SafeFileHandle handle)
    {
        Paths = paths;
        _lock = handle;
    }

    /// <summary>Where each thing lies.</summary>
    public DataPaths Paths { get; }

    /// <summary>Makes the folder if it is missing, makes it private and takes it.</summary>
    /// <exception cref="NodeStartException">It cannot be made, written to, is not private (spec/control.md, section 1),
    /// or is in use.</exception>
    public static DataFolder Open(DataPaths paths)
    {
        try
        {
            PrivateFolder.Take(paths.Folder);
            var folder = new DataFolder(paths, ExclusiveFile.Lock(paths.Lock, $"the data folder {paths.Folder}"));
            folder.RemoveLeftovers();
            return folder;
        }
        catch (StorageException fault) when (fault.Fault == StorageFault.InUse)
        {
            throw new NodeStartException(
                "in_use", fault.Message, "stop the other node, or give this one a folder of its own with --data",
                    fault);
        }
        catch (Exception fault) when (fault is StorageException or IOException or UnauthorizedAccessException)
        {
            throw Unwritable(paths.Folder, fault);
        }
    }

    /// <summary>Makes a folder for its owner's eyes only, unless it is there.</summary>
    /// <exception cref="NodeStartException">It cannot be made.</exception>
    public static void Make(string folder)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                System.IO.Directory.CreateDirectory(folder);
            }
            else
            {
                System.IO.Directory.CreateDirectory(folder, OwnerOnly);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(folder, fault);
        }
    }

    /// <summary>Lets other processes have it.</summary>
    public void Dispose() => _lock.Dispose();

    // Nobody else writes them while the lock is held.
    private void RemoveLeftovers()
    {
        try
        {
            foreach (string path in Paths.Replaced)
            {
                DurableFile.RemoveLeftover(path);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private static NodeStartException Unwritable(string folder, Exception fault) => new(
        "data_folder",
        $"the data folder {folder} cannot be used: {fault.Message}",
        "it must be a folder that you own on a disk that is not read-only; name another one with --data or VEIL_DATA",
        fault);
}

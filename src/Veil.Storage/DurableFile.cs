using System.Runtime.InteropServices;
using Veil.Storage.Segments;

namespace Veil.Storage;

/// <summary>Replaces a small file whole: after a crash there is the old one or the new one, never a part.</summary>
public static partial class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const string Mark = ".new";

    // EEXIST, which Linux and macOS call alike.
    private const int AlreadyThere = 17;

    /// <summary>Removes what a crash left of a replacement; the file itself is whole.</summary>
    /// <exception cref="IOException">The disk failed or is read-only.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static void RemoveLeftover(string path) => File.Delete(path + Mark);

    /// <summary>Writes beside the file, flushes, renames, and flushes the folder. Readable by its owner only.</summary>
    /// <exception cref="IOException">The disk failed or is full; the old file stands.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + Mark;
        try
        {
            // What a crash left: its mode may be another one.
            File.Delete(temporary);
            Write(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>
    /// Writes a file that is not there yet: of two at a time one does, and nothing else is touched. Readable by its
    /// owner only.
    /// </summary>
    /// <param name="path">Where it will be.</param>
    /// <param name="content">All of it.</param>
    /// <param name="random">Some bytes for a name that no file has, until it is whole.</param>
    /// <returns>False where there is one.</returns>
    /// <exception cref="IOException">The disk failed or is full; nothing is left.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static bool TryCreate(string path, ReadOnlySpan<byte> content, ReadOnlySpan<byte> random)
    {
        string temporary = $"{path}.{Convert.ToHexStringLower(random)}{Mark}";
        try
        {
            Write(temporary, content);
            if (!TryName(temporary, path))
            {
                return false;
            }
        }
        finally
        {
            File.Delete(temporary);
        }

        FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return true;
    }

    /// <summary>Removes what processes that were killed left of creations; the file itself is not touched.</summary>
    /// <exception cref="IOException">The disk failed or is read-only.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static void RemoveUncreated(string path)
    {
        string full = Path.GetFullPath(path);
        foreach (string left in System.IO.Directory.EnumerateFiles(
            Path.GetDirectoryName(full)!, $"{Path.GetFileName(full)}.*{Mark}"))
        {
            File.Delete(left);
        }
    }

    private static void Write(string path, ReadOnlySpan<byte> content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using var file = new FileStream(path, options);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    // On Unix the framework's move looks first and renames then: another's file that comes between would be lost.
    private static bool TryName(string temporary, string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            if (Link(temporary, path) == 0)
            {
                return true;
            }

            if (Marshal.GetLastPInvokeError() == AlreadyThere)
            {
                return false;
            }
        }

        try
        {
            // Also where a disk has no links, as a stick's.
            File.Move(temporary, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string existing, string added);
}

using Veil.Storage.Segments;

namespace Veil.Storage;

/// <summary>Replaces a small file whole: after a crash there is the old one or the new one, never a part.</summary>
public static class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const string Mark = ".new";

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
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            using (var file = new FileStream(temporary, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}

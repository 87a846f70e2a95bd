namespace Veil.Storage.Segments;

/// <summary>What the disk did, in words that say what to do (spec/store.md, section 4).</summary>
internal static class DiskFault
{
    private const int UnixReadOnly = 30;

    /// <summary>Whether this is how a disk, or the system on its behalf, refuses.</summary>
    public static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>The same as something to tell a person; one that is so already stays as it is.</summary>
    /// <param name="exception">For which <see cref="Is"/> holds.</param>
    /// <param name="folder">The folder that was worked in.</param>
    public static StorageException Of(Exception exception, string folder) => exception switch
    {
        StorageException told => told,
        UnauthorizedAccessException => new(
            StorageFault.NotWritable,
            $"there is no permission to write in {folder}: let it belong to the user who runs Veil, with mode 700, "
            + "or set another folder",
            exception),
        IOException { HResult: UnixReadOnly } when !OperatingSystem.IsWindows() => new(
            StorageFault.NotWritable,
            $"the disk of {folder} is mounted read-only: look into the system's log why, mount it for writing, "
            + "or set another folder",
            exception),
        IOException full when DiskFull.Is(full) => Full(folder, exception),
        _ => new(
            StorageFault.DiskFailed,
            $"the disk of {folder} failed ({exception.Message}): look into the system's log, and move the folder to "
            + "another disk if this happens again",
            exception),
    };

    /// <summary>Not enough space is left for the node's state (spec/state.md, section 1).</summary>
    public static StorageException ForState(string folder, long needed) => new(
        StorageFault.DiskFull,
        $"the disk of {folder} is full: free some space on it. What the node remembers does not change while less than "
        + $"{needed / 1048576} MiB are free");

    /// <summary>No space is left.</summary>
    public static StorageException Full(string folder, Exception? inner = null) => new(
        StorageFault.DiskFull,
        $"the disk of {folder} is full: free some space on it, or lower the store's quota. Until then new blocks are "
        + "refused and stored ones are served",
        inner);
}

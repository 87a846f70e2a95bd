namespace Veil.Cli.Files;

/// <summary>Where a path leads when every link in it is followed.</summary>
internal static class RealPath
{
    // As many as Linux follows.
    private const int MaxLinks = 40;

    /// <summary>The full path without links; what cannot be looked at stays as it is.</summary>
    internal static string Of(string path) => Of(Path.GetFullPath(path), links: 0);

    private static string Of(string full, int links)
    {
        full = Path.TrimEndingDirectorySeparator(full);
        if (Path.GetDirectoryName(full) is not { } above)
        {
            return full;
        }

        above = Of(above, links);
        string here = Path.Combine(above, Path.GetFileName(full));
        return links < MaxLinks && TargetOf(here) is { Length: > 0 } target
            ? Of(Path.GetFullPath(target, above), links + 1)
            : here;
    }

    private static string? TargetOf(string path)
    {
        try
        {
            FileSystemInfo entry = System.IO.Directory.Exists(path)
                ? new System.IO.DirectoryInfo(path)
                : new FileInfo(path);
            return entry.LinkTarget;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

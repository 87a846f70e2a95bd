namespace Veil.Tools.Release.Archives;

/// <summary>The order of an archive: paths by their bytes, each folder before what is in it.</summary>
internal static class Folders
{
    /// <summary>Every folder that holds one of the files, each once, parents first, without the root.</summary>
    internal static IReadOnlyList<string> Of(IEnumerable<FileEntry> files)
    {
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            for (var at = file.Path.LastIndexOf('/'); at > 0; at = file.Path.LastIndexOf('/', at - 1))
            {
                folders.Add(file.Path[..at]);
            }
        }

        return [.. folders];
    }

    /// <summary>The files in the order of an archive.</summary>
    /// <exception cref="ArgumentException">Two files have one path, or a path is absolute or climbs.</exception>
    internal static IReadOnlyList<FileEntry> Ordered(IEnumerable<FileEntry> files)
    {
        var ordered = files.OrderBy(file => file.Path, StringComparer.Ordinal).ToArray();
        for (var i = 0; i < ordered.Length; i++)
        {
            var path = ordered[i].Path;
            if (path.Length == 0 || path[0] == '/' || path.Contains('\\') || path.Split('/').Contains(".."))
            {
                throw new ArgumentException($"not a path for an archive: {path}", nameof(files));
            }

            if (i > 0 && ordered[i - 1].Path == path)
            {
                throw new ArgumentException($"twice in one archive: {path}", nameof(files));
            }
        }

        return ordered;
    }
}

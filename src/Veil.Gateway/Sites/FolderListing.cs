using Veil.Content.Folders;

namespace Veil.Gateway.Sites;

/// <summary>What lies directly in one folder: folders first, each by name.</summary>
/// <param name="Folders">Names.</param>
/// <param name="Files">Names and lengths in bytes.</param>
internal sealed record FolderListing(IReadOnlyList<string> Folders, IReadOnlyList<(string Name, long Length)> Files)
{
    /// <summary>Of a folder whose path is empty or ends with <c>/</c>; null where there is none.</summary>
    internal static FolderListing? TryOf(FolderIndex index, string path)
    {
        List<string> folders = [];
        List<(string Name, long Length)> files = [];
        bool isThere = path.Length == 0;
        foreach (var entry in index.Entries)
        {
            if (!entry.Path.StartsWith(path, StringComparison.Ordinal))
            {
                continue;
            }

            isThere = true;
            var rest = entry.Path[path.Length..];
            int end = rest.IndexOf('/');
            if (end < 0 && rest.Length > 0)
            {
                files.Add((rest, entry.Length));
            }
            else if (end > 0 && (folders.Count == 0 || folders[^1] != rest[..end]))
            {
                // All that is in one folder stands together in the index's order.
                folders.Add(rest[..end]);
            }
        }

        return isThere ? new FolderListing(folders, files) : null;
    }
}

namespace Veil.Content.Folders;

/// <summary>
/// How files and folders were spelled so far. Two that differ only in case, or a file where another path has a folder,
/// are in each other's way on some system.
/// </summary>
internal sealed class SpelledPaths
{
    private readonly Dictionary<string, (string Spelling, bool IsFile)> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds a path; an empty folder's ends with <c>/</c>. False, and nothing is added, where another is in its
    /// way.</summary>
    public bool TryAdd(string path)
    {
        var isFolder = path.EndsWith('/');
        var whole = isFolder ? path[..^1] : path;
        if (_known.ContainsKey(whole)) return false;
        for (var end = whole.IndexOf('/'); end >= 0; end = whole.IndexOf('/', end + 1))
        {
            var folder = whole[..end];
            if (_known.TryGetValue(folder, out var known) && (known.IsFile || known.Spelling != folder)) return false;
        }

        for (var end = whole.IndexOf('/'); end >= 0; end = whole.IndexOf('/', end + 1))
        {
            _known.TryAdd(whole[..end], (whole[..end], false));
        }

        // An empty folder has nothing in it: for what follows it is as good as a file.
        _known.Add(whole, (whole, true));
        return true;
    }
}

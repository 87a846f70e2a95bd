using Veil.Content.Edge;
using Veil.Content.Folders;
using Veil.Content.Manifests;

namespace Veil.Node.Control;

/// <summary>The part of opened content that a request is about: a file, or some or all files of a folder.</summary>
internal sealed class ContentSelection
{
    private readonly ContentObject _content;
    private readonly FolderIndex? _index;

    // Numbers of the chosen files, in order.
    private readonly List<int> _chosen = [];

    private ContentSelection(ContentObject content, FolderIndex? index)
    {
        _content = content;
        _index = index;
        Name = content.Name;
        Length = content.Length;
        Digest = content.EntityTag;
    }

    /// <summary>Of the file or folder.</summary>
    internal string Name { get; }

    /// <summary>Whether it is one file.</summary>
    internal bool IsFile => _index is null;

    /// <summary>Bytes of all that was chosen.</summary>
    internal long Length { get; private set; }

    /// <summary>Changes when any byte of what was chosen does.</summary>
    internal string Digest { get; private set; }

    /// <summary>Chooses.</summary>
    /// <exception cref="ControlException">There is no such path.</exception>
    internal static async Task<ContentSelection> ChooseAsync(
        ContentObject content,
        IReadOnlyList<string> paths,
        CancellationToken cancellationToken)
    {
        if (!content.IsFolder)
        {
            return paths.Count == 0 ? new ContentSelection(content, null) : throw ControlErrors.NoSuchPath();
        }

        var index = await content.ReadIndexAsync(cancellationToken);
        if (paths is [var only] && index.Find(only) is >= 0 and var entry && !index.Entries[entry].IsFolder)
        {
            return new ContentSelection(new FolderFile(content, index, entry), null);
        }

        var selection = new ContentSelection(content, index);
        selection.Choose(paths);
        return selection;
    }

    /// <summary>What was chosen, as it is told.</summary>
    internal ContentListing List(string key) => new(
        key,
        Name,
        IsFile ? "file" : "folder",
        Length,
        Digest,
        _index is null
            ? null
            : [.. _chosen.Select(number => _index.Entries[number]).Select(entry =>
                new ListedFile(entry.Path, entry.Length, entry.Digest.ToString()))])
    {
        Licence = _content.Statements.Licence,
        RightsHolder = _content.Statements.RightsHolder,
        Previous = _content.Statements.Previous?.Format(),
        SignedBy = _content.Signer?.Format(),
    };

    /// <summary>Writes a part of it.</summary>
    internal async Task CopyAsync(
        (long Offset, long Count) part,
        Stream destination,
        CancellationToken cancellationToken)
    {
        var (offset, left) = part;
        foreach (var (start, length) in Runs())
        {
            long skipped = Math.Min(offset, length);
            long count = Math.Min(left, length - skipped);
            offset -= skipped;
            left -= count;
            if (count > 0)
            {
                await _content.CopyRangeAsync(start + skipped, count, destination, cancellationToken);
            }
        }
    }

    private void Choose(IReadOnlyList<string> paths)
    {
        string[] folders = [.. paths.Select(path => path.EndsWith('/') ? path : path + "/")];
        bool[] met = new bool[folders.Length];
        for (int number = 0; number < _index!.Entries.Count; number++)
        {
            string path = _index.Entries[number].Path;
            bool isChosen = folders.Length == 0;
            for (int wanted = 0; wanted < folders.Length; wanted++)
            {
                if (path == paths[wanted] || path.StartsWith(folders[wanted], StringComparison.Ordinal))
                {
                    isChosen = met[wanted] = true;
                }
            }

            if (isChosen)
            {
                _chosen.Add(number);
            }
        }

        if (met.Contains(false))
        {
            throw ControlErrors.NoSuchPath();
        }

        if (folders.Length > 0)
        {
            FolderEntry[] entries = [.. _chosen.Select(number => _index.Entries[number])];
            Length = entries.Sum(entry => entry.Length);
            Digest = FolderIndex.TryCreate(entries, out var part)
                ? EntityDigest.Of(FolderIndexCodec.Encode(part)).ToString()
                : throw new InvalidOperationException("a part of an index is an index");
        }
    }

    // Files that follow each other are read as one.
    private IEnumerable<(long Start, long Length)> Runs()
    {
        if (_index is null)
        {
            yield return (0, Length);
            yield break;
        }

        for (int first = 0; first < _chosen.Count;)
        {
            int last = first;
            while (last + 1 < _chosen.Count && _chosen[last + 1] == _chosen[last] + 1)
            {
                last++;
            }

            long start = _index.OffsetOf(_chosen[first]);
            yield return (start, _index.OffsetOf(_chosen[last] + 1) - start);
            first = last + 1;
        }
    }
}

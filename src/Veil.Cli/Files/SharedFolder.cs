using Veil.Cli.Output;
using Veil.Content.Folders;

namespace Veil.Cli.Files;

/// <summary>A folder that is shared: what was in it at the start, each file read once, in the order of the
/// index.</summary>
internal sealed class SharedFolder : IDisposable
{
    private readonly string[] _places;
    private int _number;
    private SharedFile? _open;

    private SharedFolder(string name, FolderIndex index, string[] places, int leftOut)
    {
        Name = name;
        Index = index;
        _places = places;
        LeftOut = leftOut;
    }

    /// <summary>Its name without folders.</summary>
    internal string Name { get; }

    /// <summary>Its files, under the names that readers will see.</summary>
    internal FolderIndex Index { get; }

    /// <summary>Links, pipes, sockets and devices, which are not shared.</summary>
    internal int LeftOut { get; }

    /// <summary>Paths of all that is shared, as they are here.</summary>
    internal IEnumerable<string> Places => _places;

    /// <summary>See <see cref="ContentToken"/>.</summary>
    internal required string Token { get; init; }

    /// <summary>Looks through it. Links are not followed: they may lead out of it.</summary>
    /// <exception cref="CliFailure">It cannot be shared as it is.</exception>
    internal static SharedFolder Open(string path)
    {
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        List<(string Path, FileFacts Facts)> found = [];
        int leftOut = 0;
        try
        {
            Collect(new System.IO.DirectoryInfo(root), "", found, ref leftOut);
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliFailure(
                ExitCodes.Failed, "unreadable", $"a folder in {path} may not be looked into by you",
                    "change its rights, or share a copy");
        }

        var names = FolderPaths.Sanitize(found.Select(file => file.Path));
        var files = found.Select((file, number) => (
                Name: names[number] ?? throw new CliFailure(
                    ExitCodes.Failed, "path_too_long", $"{file.Path} is too long or too deep a path",
                        $"at most {FolderPaths.MaxBytes} bytes and {FolderPaths.MaxDepth} names are shared"),
                file.Facts.Length,
                Place: Path.Combine(root, file.Path)))
            .ToArray();
        using var token = new ContentToken();
        token.Add(root, default);
        found.ForEach(file => token.Add(file.Path, file.Facts));
        Array.Sort(files, (left, right) => FolderPaths.Compare(left.Name, right.Name));
        return FolderIndex.TryCreate([.. files.Select(file => new FolderEntry(file.Name, file.Length))], out var index)
            ? new SharedFolder(Path.GetFileName(root), index, [.. files.Select(file => file.Place)], leftOut)
            {
                Token = token.Finish(),
            }
            : throw new CliFailure(
                ExitCodes.Failed, "too_large", $"{path} is more than can be shared at once",
                    $"share it in parts of at most {FolderPaths.MaxEntries:N0} files and 4 TiB");
    }

    /// <summary>Reads on; 0 at the end, when nothing about any file has changed.</summary>
    /// <exception cref="CliFailure">It has: <c>file_changed</c>.</exception>
    internal async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (_number < _places.Length)
        {
            var entry = Index.Entries[_number];
            if (!entry.IsFolder)
            {
                _open ??= Open(_places[_number], entry.Length);
                int count = await _open.ReadAsync(destination, cancellationToken);
                if (count > 0)
                {
                    return count;
                }

                _open.Dispose();
                _open = null;
            }

            _number++;
        }

        return 0;
    }

    public void Dispose() => _open?.Dispose();

    private static SharedFile Open(string place, long length)
    {
        var file = SharedFile.Open(place);
        if (file.Length == length)
        {
            return file;
        }

        file.Dispose();
        throw SharedFile.Changed("changed its length");
    }

    private static void Collect(
        System.IO.DirectoryInfo folder,
        string prefix,
        List<(string Path, FileFacts Facts)> found,
        ref int leftOut)
    {
        bool isEmpty = true;
        foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (found.Count > FolderPaths.MaxEntries)
            {
                return;
            }

            string path = prefix + entry.Name;
            if (entry.LinkTarget is not null)
            {
                leftOut++;
            }
            else if (entry is System.IO.DirectoryInfo inner)
            {
                Collect(inner, path + "/", found, ref leftOut);
                isEmpty = false;
            }
            else if (FileFacts.Of(entry.FullName) is { Kind: FileKind.Regular } facts)
            {
                found.Add((path, facts));
                isEmpty = false;
            }
            else
            {
                leftOut++;
            }
        }

        if (isEmpty && prefix.Length > 0)
        {
            found.Add((prefix, default));
        }
    }
}

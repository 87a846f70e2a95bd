using Veil.Cli.Output;
using Veil.Content.Folders;

namespace Veil.Cli.Files;

/// <summary>A folder that is shared: what was in it at the start, each file read once, in the order of the
/// index.</summary>
internal sealed class SharedFolder : IDisposable
{
    private readonly string[] _places;
    private readonly bool _clean;
    private int _number;
    private SharedFile? _open;

    private SharedFolder(string name, FolderIndex index, string[] places, bool clean)
    {
        Name = name;
        Index = index;
        _places = places;
        _clean = clean;
    }

    /// <summary>Its name without folders.</summary>
    internal string Name { get; }

    /// <summary>Its files, under the names that readers will see.</summary>
    internal FolderIndex Index { get; }

    /// <summary>Links, pipes, sockets and devices, which are not shared.</summary>
    internal required int LeftOut { get; init; }

    /// <summary>Pictures whose metadata is left out.</summary>
    internal required int Cleaned { get; init; }

    /// <summary>Paths of all that is shared, as they are here.</summary>
    internal IEnumerable<string> Places => _places;

    /// <summary>See <see cref="ContentToken"/>.</summary>
    internal required string Token { get; init; }

    /// <summary>Looks through it. Links are not followed: they may lead out of it.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="clean">Leave out the metadata of pictures (spec/pictures.md).</param>
    /// <exception cref="CliFailure">It cannot be shared as it is.</exception>
    internal static SharedFolder Open(string path, bool clean = false)
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

        int cleaned = clean ? MeasureCleaned(root, found) : 0;
        var names = FolderPaths.Sanitize(found.Select(file => file.Path));
        var files = found.Select((file, number) => (
                Name: names[number] ?? throw NoName(file.Path),
                file.Facts.Length,
                Place: Path.Combine(root, file.Path)))
            .ToArray();
        using var token = new ContentToken();
        token.Add(root, default);
        found.ForEach(file => token.Add(file.Path, file.Facts));
        if (clean)
        {
            token.Add(ContentToken.Cleaned, default);
        }

        Array.Sort(files, (left, right) => FolderPaths.Compare(left.Name, right.Name));
        return FolderIndex.TryCreate([.. files.Select(file => new FolderEntry(file.Name, file.Length))], out var index)
            ? new SharedFolder(Path.GetFileName(root), index, [.. files.Select(file => file.Place)], clean)
            {
                LeftOut = leftOut,
                Cleaned = cleaned,
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
                _open ??= Open(_places[_number], entry.Length, _clean);
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

    private static CliFailure NoName(string path) => FolderPaths.Fits(path)
        ? new CliFailure(
            ExitCodes.Failed, "names_collide",
            $"{path} is in a folder whose name another one has, too, where capitals make no difference",
            "rename one of the two")
        : new CliFailure(
            ExitCodes.Failed, "path_too_long", $"{path} is too long or too deep a path",
            $"at most {FolderPaths.MaxBytes} bytes and {FolderPaths.MaxDepth} names are shared");

    // Lengths become those without metadata: they are announced before the first byte. Gives how many pictures it has.
    private static int MeasureCleaned(string root, List<(string Path, FileFacts Facts)> found)
    {
        int cleaned = 0;
        List<string> refused = [];
        for (int number = 0; number < found.Count; number++)
        {
            var (path, facts) = found[number];
            if (facts.Kind != FileKind.Regular)
            {
                continue;
            }

            try
            {
                using var file = SharedFile.Open(Path.Combine(root, path), clean: true);
                cleaned += file.IsCleaned ? 1 : 0;
                found[number] = (path, facts with { Length = file.Length });
            }
            catch (CliFailure failure) when (failure.Code == SharedFile.CannotStrip)
            {
                refused.Add(path);
            }
        }

        return refused.Count == 0 ? cleaned : throw SharedFile.CannotClean(refused);
    }

    private static SharedFile Open(string place, long length, bool clean)
    {
        SharedFile file;
        try
        {
            file = SharedFile.Open(place, clean);
        }
        catch (CliFailure failure) when (failure.Code is SharedFile.CannotStrip or SharedFile.BadPicture)
        {
            // It could be cleaned when the folder was looked through.
            throw SharedFile.Changed("was written to");
        }

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
                continue;
            }

            var facts = FileFacts.Of(entry.FullName);
            if (facts.Kind == FileKind.Missing)
            {
                throw new CliFailure(
                    ExitCodes.Failed, "unreadable", $"{path} is not there under this name, which may not be UTF-8",
                    "rename it, or share a copy without it");
            }

            if (entry is System.IO.DirectoryInfo inner)
            {
                Collect(inner, path + "/", found, ref leftOut);
                isEmpty = false;
            }
            else if (facts.Kind == FileKind.Regular)
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

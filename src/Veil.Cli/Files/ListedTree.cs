using Veil.Cli.Output;
using Veil.Content.Manifests;
using Veil.Node.Control;

namespace Veil.Cli.Files;

/// <summary>
/// What a folder that comes is to hold: the listed files, as files and not as links to others, the folders that they
/// are in, and nothing else.
/// </summary>
internal sealed class ListedTree
{
    private static readonly EnumerationOptions _everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
    };

    private readonly string _root;
    private readonly Dictionary<string, long> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);

    /// <summary>Takes the list.</summary>
    /// <param name="root">The full path of the folder.</param>
    /// <param name="files">As the node gives them.</param>
    /// <exception cref="CliFailure">A name among them leads elsewhere.</exception>
    internal ListedTree(string root, IReadOnlyList<ListedFile> files)
    {
        _root = root;
        foreach (var file in files)
        {
            string place = PlaceOf(file);
            if (file.Path.EndsWith('/'))
            {
                _folders.Add(place);
            }
            else
            {
                _files[place] = file.Bytes;
            }

            string parent = Path.GetDirectoryName(place)!;
            while (parent != root && _folders.Add(parent))
            {
                parent = Path.GetDirectoryName(parent)!;
            }
        }
    }

    /// <summary>Where a file or folder is. The names were checked by the node, and are again, because a path that leads
    /// elsewhere writes elsewhere.</summary>
    internal string PlaceOf(ListedFile file)
    {
        string[] names = file.Path.TrimEnd('/').Split('/');
        return Array.TrueForAll(names, FileName.IsValid)
            ? Path.Combine([_root, .. names])
            : throw new CliFailure(
                ExitCodes.VerificationFailed, "verification_failed", "a name in this folder is none", "do not use it");
    }

    /// <summary>Removes whatever is not listed, and what only leads elsewhere; not what it leads to.</summary>
    /// <exception cref="IOException">Something cannot be removed.</exception>
    internal void RemoveOthers() => RemoveOthers(_root);

    /// <summary>Whether all that is listed is there, each as long as it should be, and nothing else. Others are
    /// counted and not looked up by name: some file systems change names a little.</summary>
    internal bool IsWhole()
    {
        int files = 0;
        int folders = 0;
        foreach (var entry in All(_root))
        {
            if (IsLink(entry))
            {
                return false;
            }

            _ = entry is DirectoryInfo ? folders++ : files++;
        }

        return files == _files.Count
            && folders <= _folders.Count
            && _folders.All(System.IO.Directory.Exists)
            && _files.All(file => FileFacts.Of(file.Key) is { Kind: FileKind.Regular } facts
                && facts.Length == file.Value);
    }

    private void RemoveOthers(string folder)
    {
        foreach (var entry in In(folder))
        {
            if (entry is DirectoryInfo inner && !IsLink(entry))
            {
                if (_folders.Contains(entry.FullName))
                {
                    RemoveOthers(entry.FullName);
                }
                else
                {
                    inner.Delete(recursive: true);
                }
            }
            else if (IsLink(entry) || !_files.ContainsKey(entry.FullName)
                || FileFacts.Of(entry.FullName).Kind != FileKind.Regular)
            {
                entry.Delete();
            }
        }
    }

    private static IEnumerable<FileSystemInfo> All(string folder) => In(folder).SelectMany(
        entry => entry is DirectoryInfo && !IsLink(entry) ? All(entry.FullName).Prepend(entry) : [entry]);

    private static FileSystemInfo[] In(string folder) =>
        new DirectoryInfo(folder).GetFileSystemInfos("*", _everything);

    private static bool IsLink(FileSystemInfo entry) =>
        entry.Attributes.HasFlag(FileAttributes.ReparsePoint) && entry.LinkTarget is not null;
}

using System.Diagnostics.CodeAnalysis;

namespace Veil.Content.Folders;

/// <summary>
/// The files of a folder in the order in which their bytes follow each other (spec/manifest.md, section 6). Immutable.
/// </summary>
public sealed class FolderIndex
{
    private readonly FolderEntry[] _entries;
    private readonly long[] _offsets;

    private FolderIndex(FolderEntry[] entries)
    {
        _entries = entries;
        _offsets = new long[entries.Length + 1];
        for (var index = 0; index < entries.Length; index++)
        {
            _offsets[index + 1] = _offsets[index] + entries[index].Length;
        }
    }

    /// <summary>Every file, and every empty folder, by path.</summary>
    public IReadOnlyList<FolderEntry> Entries => _entries;

    /// <summary>Bytes of all files.</summary>
    public long Length => _offsets[^1];

    /// <summary>Makes an index. False where <see cref="FolderPaths.AreValid"/> or a length says no.</summary>
    public static bool TryCreate(IReadOnlyList<FolderEntry> entries, [NotNullWhen(true)] out FolderIndex? index)
    {
        ArgumentNullException.ThrowIfNull(entries);
        index = null;
        long left = Eris.ErisLayout.MaxContentBytes;
        foreach (var entry in entries)
        {
            if (entry.Length < 0 || entry.Length > left || (entry.IsFolder && entry.Length > 0)) return false;
            left -= entry.Length;
        }

        if (!FolderPaths.AreValid(entries.Select(entry => entry.Path))) return false;
        index = new FolderIndex([.. entries]);
        return true;
    }

    /// <summary>Where the bytes of an entry begin.</summary>
    /// <param name="entry">Its number; the number of entries gives the end of all.</param>
    public long OffsetOf(int entry) => _offsets[entry];

    /// <summary>The number of the entry with this path; negative where there is none.</summary>
    public int Find(string path)
    {
        var (low, high) = (0, _entries.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = FolderPaths.Compare(_entries[middle].Path, path);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return -1;
    }

    /// <summary>An index whose entries are those of a valid one but for their digests.</summary>
    internal static FolderIndex OfKnown(FolderEntry[] entries) => new(entries);
}

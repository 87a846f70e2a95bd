using System.Text;
using Veil.Content.Manifests;

namespace Veil.Content.Folders;

/// <summary>Paths of a folder's files: harmless on every system, and none in another's way (spec/manifest.md, section
/// 6).</summary>
public static class FolderPaths
{
    /// <summary>Files and empty folders in one folder.</summary>
    public const int MaxEntries = 100_000;

    /// <summary>Longest path, in bytes of UTF-8.</summary>
    public const int MaxBytes = 2048;

    /// <summary>Components of a path.</summary>
    public const int MaxDepth = 64;

    /// <summary>True for paths that comply, in order, all different, on systems that ignore case, too.</summary>
    public static bool AreValid(IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        SpelledPaths spelled = new();
        string? before = null;
        var count = 0;
        foreach (var path in paths)
        {
            if (++count > MaxEntries || !IsValid(path) || !spelled.TryAdd(path)) return false;
            if (before is not null && Compare(before, path) >= 0) return false;
            before = path;
        }

        return true;
    }

    /// <summary>
    /// Alters paths until they comply: each component as <see cref="FileName.Sanitize"/> does; one that another is in
    /// the way of gets a number. What they were altered to, in the order given; null where one cannot be helped.
    /// </summary>
    public static IReadOnlyList<string?> Sanitize(IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        SpelledPaths spelled = new();
        return [.. paths.Select(path => Sanitize(path, spelled))];
    }

    /// <summary>Order of UTF-8 bytes.</summary>
    public static int Compare(string left, string right)
    {
        var (lefts, rights) = (left.EnumerateRunes(), right.EnumerateRunes());
        while (true)
        {
            var (more, also) = (lefts.MoveNext(), rights.MoveNext());
            if (!more || !also) return more.CompareTo(also);
            var order = lefts.Current.CompareTo(rights.Current);
            if (order != 0) return order;
        }
    }

    /// <summary>Whether a path is neither too long nor too deep.</summary>
    public static bool Fits(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Fits(path, ComponentsOf(path));
    }

    private static bool Fits(string path, string[] components) =>
        components.Length is > 0 and <= MaxDepth && Encoding.UTF8.GetByteCount(path) <= MaxBytes;

    private static bool IsValid(string path)
    {
        var components = ComponentsOf(path);
        return Fits(path, components) && Array.TrueForAll(components, FileName.IsValid);
    }

    private static string? Sanitize(string path, SpelledPaths spelled)
    {
        string[] components = [.. ComponentsOf(path).Select(FileName.Sanitize)];
        var end = path.EndsWith('/') ? "/" : string.Empty;
        var plain = string.Join('/', components) + end;
        for (var number = 2; number <= MaxEntries; number++)
        {
            if (!IsValid(plain)) return null;
            if (spelled.TryAdd(plain)) return plain;
            var last = components[^1];
            var extension = Path.GetExtension(last);
            var stem = last[..^extension.Length];
            var numbered = FileName.Sanitize($"{stem} ({number}){extension}");
            plain = string.Join('/', [.. components[..^1], numbered]) + end;
        }

        return null;
    }

    private static string[] ComponentsOf(string path) => (path.EndsWith('/') ? path[..^1] : path).Split('/');
}

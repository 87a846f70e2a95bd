using System.Formats.Tar;
using System.IO.Compression;

namespace Veil.Tools.Release.Archives;

/// <summary>
/// A tar.gz that depends on nothing but its files: one time for all, root:root, one order, folders before their files,
/// ustar headers (they have no access times), and no name or time in the gzip header.
/// </summary>
internal static class TarGz
{
    private const string Root = "root";

    /// <summary>Packs the files.</summary>
    /// <param name="files">In any order.</param>
    /// <param name="time">The time of every entry, whole seconds.</param>
    /// <param name="prefix">Put before each path; <c>./</c> in a Debian package, which also lists the root.</param>
    internal static byte[] Pack(IEnumerable<FileEntry> files, DateTimeOffset time, string prefix = "")
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var entry in Entries(Folders.Ordered(files), prefix))
            {
                entry.ModificationTime = time;
                entry.Uid = 0;
                entry.Gid = 0;
                entry.UserName = Root;
                entry.GroupName = Root;
                tar.WriteEntry(entry);
            }
        }

        return packed.ToArray();
    }

    private static IEnumerable<UstarTarEntry> Entries(IReadOnlyList<FileEntry> files, string prefix)
    {
        if (prefix.Length > 0)
        {
            yield return Folder(prefix);
        }

        var named = files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        foreach (var path in Folders.Of(files).Concat(named.Keys).Order(StringComparer.Ordinal))
        {
            yield return named.TryGetValue(path, out var file) ? File(file, prefix) : Folder($"{prefix}{path}/");
        }
    }

    private static UstarTarEntry Folder(string path) =>
        new(TarEntryType.Directory, path) { Mode = FileEntry.Executable };

    private static UstarTarEntry File(FileEntry file, string prefix) => file.LinkTarget is { } target
        ? new UstarTarEntry(TarEntryType.SymbolicLink, prefix + file.Path)
        {
            // As tar itself records links.
            Mode = FileEntry.Executable | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite,
            LinkName = target,
        }
        : new UstarTarEntry(TarEntryType.RegularFile, prefix + file.Path)
        {
            Mode = file.Mode,
            DataStream = new MemoryStream(file.Content.ToArray(), writable: false),
        };
}

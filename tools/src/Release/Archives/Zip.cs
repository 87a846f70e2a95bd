using System.IO.Compression;

namespace Veil.Tools.Release.Archives;

/// <summary>A zip that depends on nothing but its files: one order, one time, the same attributes for all.</summary>
internal static class Zip
{
    /// <summary>Packs the files; links and permissions, which Windows would not keep, are misuse.</summary>
    /// <param name="files">In any order.</param>
    /// <param name="time">The time of every entry; zip knows no zone, UTC is written.</param>
    /// <exception cref="ArgumentException">A file is a symbolic link.</exception>
    internal static byte[] Pack(IEnumerable<FileEntry> files, DateTimeOffset time)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var file in Folders.Ordered(files))
            {
                if (file.LinkTarget is not null)
                {
                    throw new ArgumentException($"a link in a zip: {file.Path}", nameof(files));
                }

                var entry = zip.CreateEntry(file.Path, CompressionLevel.SmallestSize);
                entry.LastWriteTime = time.ToUniversalTime();
                entry.ExternalAttributes = 0;
                using var stream = entry.Open();
                stream.Write(file.Content.Span);
            }
        }

        return packed.ToArray();
    }
}

using System.IO.Compression;
using System.Text;
using Veil.Tools.Release.Archives;
using Veil.Tools.Release.Debian;

namespace Veil.Tools.Release.Building;

/// <summary>What goes where: the program and the files that go with it, in an archive and in a Debian package.</summary>
/// <param name="root">The clone.</param>
/// <param name="facts">What is released.</param>
/// <param name="program">The published folder.</param>
/// <param name="licences">Licence texts under <c>licenses/</c>.</param>
/// <param name="manualPage">veil(1), or null where there is no program to ask for its help.</param>
internal sealed class ProgramFolder(
    string root,
    ReleaseFacts facts,
    IReadOnlyList<FileEntry> program,
    IReadOnlyList<FileEntry> licences,
    string? manualPage)
{
    private const string Documents = "usr/share/doc/veil";

    private static readonly string[] _scripts = ["postinst", "postrm", "prerm"];

    /// <summary>What is released.</summary>
    internal ReleaseFacts Facts => facts;

    /// <summary>The files of an archive.</summary>
    internal IEnumerable<FileEntry> Archive(string rid)
    {
        var files = program
            .Concat(licences)
            .Append(Source("LICENSE"))
            .Append(Source("THIRD-PARTY.md"))
            .Append(Source("README.md"));
        return manualPage is null || rid.StartsWith("win-", StringComparison.Ordinal)
            ? files
            : files.Append(FileEntry.Text("veil.1", manualPage));
    }

    /// <summary>The files of a Debian package.</summary>
    internal IReadOnlyList<FileEntry> Installed(string maintainer) =>
    [
        .. program.Select(file => file.Under("usr/lib/veil")),
        FileEntry.Link("usr/bin/veil", "../lib/veil/veil"),
        Source("packaging/veil.service", "usr/lib/systemd/system/veil.service"),
        Source("packaging/veil.sysusers", "usr/lib/sysusers.d/veil.conf"),
        Source("packaging/veil.default", "etc/default/veil"),
        Compressed("usr/share/man/man1/veil.1.gz", manualPage!),
        Compressed($"{Documents}/changelog.gz", Changelog(maintainer)),
        FileEntry.Text($"{Documents}/copyright", Read("packaging/debian/copyright") + "\n" + Read("LICENSE")),
        .. licences.Select(file => file.Under(Documents)),
        Source("README.md", $"{Documents}/README.md"),
        Source("packaging/debian/README.Debian", $"{Documents}/README.Debian"),
        Source("CHANGELOG.md", $"{Documents}/CHANGELOG.md"),
    ];

    /// <summary>Maintainer scripts by name.</summary>
    internal IReadOnlyDictionary<string, string> MaintainerScripts() =>
        _scripts.ToDictionary(name => name, name => Read($"packaging/debian/{name}"));

    private string Changelog(string maintainer) =>
        $"veil ({DebianPackage.Version(facts.Version)}) unstable; urgency=medium\n\n"
        + $"  * What changed: {Documents}/CHANGELOG.md.\n"
        + $"  * Commit {facts.Commit}.\n\n"
        + $" -- {maintainer}  {facts.Time.ToUniversalTime():ddd, dd MMM yyyy HH:mm:ss} +0000\n";

    private FileEntry Source(string path, string? target = null) => FileEntry.Text(target ?? path, Read(path));

    private string Read(string path) => File.ReadAllText(Path.Combine(root, path)).ReplaceLineEndings("\n");

    private static FileEntry Compressed(string path, string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return new FileEntry(path, FileEntry.Plain, packed.ToArray());
    }
}

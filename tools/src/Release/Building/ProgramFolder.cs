using System.IO.Compression;
using System.Text;
using Veil.Tools.Release.Archives;
using Veil.Tools.Release.Debian;

namespace Veil.Tools.Release.Building;

/// <summary>What goes where: the program and the files that go with it, in an archive and in a Debian
/// package.</summary>
/// <param name="root">The clone.</param>
/// <param name="facts">What is released.</param>
/// <param name="program">The published folder.</param>
/// <param name="licences">Licence texts under <c>licenses/</c>.</param>
/// <param name="words">What the program says of itself, or null where it was not built for this machine.</param>
internal sealed class ProgramFolder(
    string root,
    ReleaseFacts facts,
    IReadOnlyList<FileEntry> program,
    IReadOnlyList<FileEntry> licences,
    ProgramWords? words)
{
    private const string Documents = "usr/share/doc/veil";

    private static readonly string[] _scripts = ["postinst", "postrm", "prerm"];

    private static readonly Dictionary<string, string> _completions = new()
    {
        ["bash"] = "usr/share/bash-completion/completions/veil",
        ["fish"] = "usr/share/fish/vendor_completions.d/veil.fish",
        ["zsh"] = "usr/share/zsh/vendor-completions/_veil",
    };

    /// <summary>Shells that the program can write completions for.</summary>
    internal static IReadOnlyCollection<string> Shells => _completions.Keys;

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
        return words is null || rid.StartsWith("win-", StringComparison.Ordinal)
            ? files
            : files
                .Append(FileEntry.Text("veil.1", words.ManualPage))
                .Concat(words.Completions.Select(script =>
                    FileEntry.Text($"completions/veil.{script.Key}", script.Value)));
    }

    /// <summary>The files of a Debian package.</summary>
    internal IReadOnlyList<FileEntry> Installed(ProgramWords said, string maintainer) =>
    [
        .. program.Select(file => file.Under("usr/lib/veil")),
        FileEntry.Link("usr/bin/veil", "../lib/veil/veil"),
        Source("packaging/veil.service", "usr/lib/systemd/system/veil.service"),
        Source("packaging/veil.sysusers", "usr/lib/sysusers.d/veil.conf"),
        Source("packaging/veil.default", "etc/default/veil"),
        Compressed("usr/share/man/man1/veil.1.gz", said.ManualPage),
        .. said.Completions.Select(script => FileEntry.Text(_completions[script.Key], script.Value)),
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

/// <summary>What the program says of itself.</summary>
/// <param name="ManualPage">veil(1), made from its help.</param>
/// <param name="Completions">Scripts by shell.</param>
internal sealed record ProgramWords(string ManualPage, IReadOnlyDictionary<string, string> Completions);

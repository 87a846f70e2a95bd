using System.Security.Cryptography;
using Veil.Tools.Release.Archives;
using Veil.Tools.Release.Bill;
using Veil.Tools.Release.Debian;

namespace Veil.Tools.Release.Building;

/// <summary>All artefacts of a release, out of one fresh clone.</summary>
internal sealed class ReleaseBuild
{
    /// <summary>Runtimes that a release has, all of them compiled on one machine.</summary>
    internal static readonly string[] AllRids = ["linux-x64", "linux-arm64", "win-x64"];

    private readonly string _root;
    private readonly string _output;
    private readonly string _maintainer;
    private readonly Action<string> _progress;
    private readonly ProgramBuild _program;

    /// <summary>Builds from a clone into a folder.</summary>
    /// <param name="clone">The clone and what was cloned.</param>
    /// <param name="output">Where the artefacts go.</param>
    /// <param name="maintainer">Who answers for the Debian packages, name and address.</param>
    /// <param name="progress">Told what is being done.</param>
    internal ReleaseBuild(Clone clone, string output, string maintainer, Action<string> progress)
    {
        _root = clone.Folder;
        _output = output;
        _maintainer = maintainer;
        _progress = progress;
        _program = new ProgramBuild(clone.Folder, clone.Commit, clone.Variation);
    }

    /// <summary>Builds everything for the runtimes and writes SHA256SUMS over it.</summary>
    /// <exception cref="ReleaseException">SDK or packs are not those of packaging/toolchain.json, or a step
    /// fails.</exception>
    internal async Task RunAsync(
        (string Commit, DateTimeOffset Time) head, IReadOnlyList<string> rids, CancellationToken cancellation)
    {
        _progress("restore as locked");
        var restored = await _program.RestoreAsync(writeLocks: false, cancellation);
        var toolchain = Toolchain.Parse(Read("packaging/toolchain.json"));
        var differences = toolchain.DifferencesFrom(restored).ToArray();
        if (differences.Length > 0)
        {
            throw new ReleaseException(
                "these tools would give other bytes than packaging/toolchain.json promises:\n  "
                + string.Join("\n  ", differences)
                + "\ninstall what it names, or write it anew with tools/release --lock and commit it");
        }

        var facts = new ReleaseFacts(await _program.VersionAsync(cancellation), head.Commit, head.Time, rids);
        Directory.CreateDirectory(_output);
        await WriteAllAsync(facts, toolchain, cancellation);
        WriteSums();
    }

    private async Task WriteAllAsync(ReleaseFacts facts, Toolchain toolchain, CancellationToken cancellation)
    {
        var folder = _program.PackageFolder();
        PackageFacts FactsOf(string id, string version) => PackageFacts.Read(folder, id, version);
        var locked = LockFile.Parse(Read("packaging/locks/Veil.Cli.lock.json"));
        _progress("bill of materials");
        Write($"veil-{facts.Version}.cdx.json", BillOfMaterials.Write(facts, locked, toolchain, FactsOf));

        var published = new Dictionary<string, IReadOnlyList<FileEntry>>();
        // The manual page and completions are the program's own words, which only this machine's own build can be
        // asked for.
        var needed = facts.Rids.Any(rid => DebianPackage.Architecture(rid) is not null)
            ? facts.Rids.Union([ProgramBuild.HostRid])
            : facts.Rids;
        foreach (var rid in needed)
        {
            _progress($"build for {rid}");
            published[rid] = await _program.PublishAsync(rid, cancellation);
        }

        var words = published.ContainsKey(ProgramBuild.HostRid) ? await WordsAsync(facts, cancellation) : null;
        foreach (var rid in facts.Rids)
        {
            _progress($"pack for {rid}");
            var shipped = locked.Packages.Select(package => (package.Id, package.Version)).Concat(
                toolchain.Packs.Where(pack => pack.IsShippedFor([rid])).Select(pack => (pack.Id, pack.Version)));
            var licences = LicenceTexts.Collect(shipped, FactsOf, name => Read($"packaging/licences/{name}.txt"));
            var contents = new ProgramFolder(_root, facts, published[rid], licences, words);
            Pack(contents, words, rid);
        }
    }

    private async Task<ProgramWords> WordsAsync(ReleaseFacts facts, CancellationToken cancellation)
    {
        var help = await _program.HelpAsync(cancellation);
        var completions = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var shell in ProgramFolder.Shells)
        {
            completions[shell] = await _program.CompletionAsync(shell, cancellation);
        }

        return new ProgramWords(ManualPage.Write(facts, help, Read("packaging/veil.1.tail")), completions);
    }

    private void Pack(ProgramFolder contents, ProgramWords? words, string rid)
    {
        var name = $"veil-{contents.Facts.Version}-{rid}";
        var files = contents.Archive(rid).Select(file => file.Under(name)).ToArray();
        var time = contents.Facts.Time;
        if (rid.StartsWith("win-", StringComparison.Ordinal))
        {
            Write($"{name}.zip", Zip.Pack(files, time));
        }
        else
        {
            Write($"{name}.tar.gz", TarGz.Pack(files, time));
        }

        if (words is not null && DebianPackage.Architecture(rid) is { } architecture)
        {
            var version = contents.Facts.Version;
            var control = new ControlFields(
                Read("packaging/debian/control"), version, architecture, _maintainer, time);
            Write(
                $"veil_{DebianPackage.Version(version)}_{architecture}.deb",
                DebianPackage.Build(control, contents.MaintainerScripts(), contents.Installed(words, _maintainer)));
        }
    }

    private void WriteSums()
    {
        var lines = from path in Directory.EnumerateFiles(_output)
                    let name = Path.GetFileName(path)
                    orderby name
                    select $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}  {name}\n";
        Write("SHA256SUMS", string.Concat(lines.ToArray()));
    }

    private string Read(string path) => File.ReadAllText(Path.Combine(_root, path)).ReplaceLineEndings("\n");

    private void Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(_output, name), bytes);
}

/// <summary>A fresh clone.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Commit">What it holds.</param>
/// <param name="Variation">How the surroundings of its build are.</param>
internal sealed record Clone(string Folder, string Commit, Variation Variation);

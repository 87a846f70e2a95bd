using System.Security.Cryptography;
using System.Text;
using Veil.Tools.Release.Archives;

namespace Veil.Tools.Release.Debian;

/// <summary>
/// A binary Debian package, see deb(5): the same files give the same bytes, everything belongs to root, and the time
/// inside is the commit's.
/// </summary>
internal static class DebianPackage
{
    /// <summary>The architecture's name at Debian, or null where there is no package for a runtime.</summary>
    internal static string? Architecture(string rid) => rid switch
    {
        "linux-x64" => "amd64",
        "linux-arm64" => "arm64",
        _ => null,
    };

    /// <summary>The version as Debian orders it: a pre-release comes before its release.</summary>
    internal static string Version(string version) => version.Replace('-', '~');

    /// <summary>Builds the package.</summary>
    /// <param name="control">The control file; <c>@VERSION@</c>, <c>@ARCHITECTURE@</c> and <c>@SIZE@</c> (KiB) are
    /// filled in.</param>
    /// <param name="scripts">Maintainer scripts by name.</param>
    /// <param name="files">What is installed; files under <c>etc/</c> become conffiles.</param>
    internal static byte[] Build(
        ControlFields control, IReadOnlyDictionary<string, string> scripts, IReadOnlyList<FileEntry> files)
    {
        var description = new List<FileEntry>
        {
            FileEntry.Text("control", Fill(control, files)),
            FileEntry.Text("md5sums", Sums(files)),
        };
        var conffiles = files.Where(IsConfiguration).Select(file => $"/{file.Path}\n").Order(StringComparer.Ordinal);
        if (string.Concat(conffiles) is { Length: > 0 } listed)
        {
            description.Add(FileEntry.Text("conffiles", listed));
        }

        description.AddRange(scripts.Select(script =>
            FileEntry.Text(script.Key, script.Value) with { Mode = FileEntry.Executable }));
        return Ar.Pack(
            [
                ("debian-binary", "2.0\n"u8.ToArray()),
                ("control.tar.gz", TarGz.Pack(description, control.Time, "./")),
                ("data.tar.gz", TarGz.Pack(files, control.Time, "./")),
            ],
            control.Time);
    }

    private static bool IsConfiguration(FileEntry file) => file.Path.StartsWith("etc/", StringComparison.Ordinal);

    private static string Fill(ControlFields control, IReadOnlyList<FileEntry> files)
    {
        // deb-substvars(5): each file in whole KiB, one KiB for everything else.
        var size = files.Sum(file => file.LinkTarget is null ? (file.Content.Length + 1023L) / 1024 : 1)
            + Folders.Of(files).Count;
        return control.Template
            .Replace("@VERSION@", Version(control.Version))
            .Replace("@ARCHITECTURE@", control.Architecture)
            .Replace("@MAINTAINER@", control.Maintainer)
            .Replace("@SIZE@", size.ToString());
    }

#pragma warning disable CA5351 // dpkg --verify compares with MD5; against whom would these sums protect?
    private static string Sums(IReadOnlyList<FileEntry> files)
    {
        var sums = new StringBuilder();
        foreach (var file in Folders.Ordered(files).Where(file => file.LinkTarget is null && !IsConfiguration(file)))
        {
            var sum = Convert.ToHexStringLower(MD5.HashData(file.Content.Span));
            sums.Append(sum).Append("  ").Append(file.Path).Append('\n');
        }

        return sums.ToString();
    }
#pragma warning restore CA5351
}

/// <summary>What goes into the control file.</summary>
/// <param name="Template">The file with its places to fill.</param>
/// <param name="Version">The release's version.</param>
/// <param name="Architecture">amd64 or arm64.</param>
/// <param name="Maintainer">Name and address, RFC 822.</param>
/// <param name="Time">The commit's time.</param>
internal sealed record ControlFields(
    string Template, string Version, string Architecture, string Maintainer, DateTimeOffset Time);

using System.Text;
using System.Xml.Linq;

namespace Veil.Tools.Release.Bill;

/// <summary>What a package says of itself.</summary>
/// <param name="Licence">SPDX expression.</param>
/// <param name="Copyright">The owner's words, or an empty string.</param>
/// <param name="IsDevelopment">True for analyzers and the like, of which nothing is passed on.</param>
/// <param name="Notices">Licence and notice files in the package, name and text, by name.</param>
internal sealed record PackageFacts(
    string Licence, string Copyright, bool IsDevelopment, IReadOnlyList<(string Name, string Text)> Notices)
{
    private static readonly string[] _noticeNames = ["LICENSE", "NOTICE", "THIRD-PARTY", "THIRDPARTY", "COPYING"];

    /// <summary>Reads a package from the folder that NuGet unpacked it into.</summary>
    /// <param name="packages">NuGet's package folder.</param>
    /// <exception cref="ReleaseException">It was not restored, or names no licence by SPDX expression.</exception>
    internal static PackageFacts Read(string packages, string id, string version)
    {
        var name = id.ToLowerInvariant();
        var folder = Path.Combine(packages, name, version);
        var specification = Path.Combine(folder, $"{name}.nuspec");
        if (!File.Exists(specification))
        {
            throw new ReleaseException($"{id} {version} is not in {packages}: it was not restored");
        }

        var metadata = XDocument.Load(specification).Root!.Elements().First();
        string Value(string element) =>
            metadata.Elements().FirstOrDefault(found => found.Name.LocalName == element)?.Value.Trim() ?? "";
        var licence = metadata.Elements().FirstOrDefault(found => found.Name.LocalName == "license");
        if (licence?.Attribute("type")?.Value != "expression")
        {
            throw new ReleaseException($"{id} {version} names no licence by SPDX expression: look at it first");
        }

        var notices = from path in Directory.EnumerateFiles(folder)
                      let file = Path.GetFileName(path)
                      where _noticeNames.Any(start => file.StartsWith(start, StringComparison.OrdinalIgnoreCase))
                      orderby file.ToUpperInvariant()
                      select (file, File.ReadAllText(path, Encoding.UTF8).ReplaceLineEndings("\n"));
        return new PackageFacts(
            licence.Value.Trim(), Value("copyright"), Value("developmentDependency") == "true", [.. notices]);
    }
}

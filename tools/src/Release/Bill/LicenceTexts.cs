using System.Text;
using Veil.Tools.Release.Archives;

namespace Veil.Tools.Release.Bill;

/// <summary>The licence texts that have to go with a built program, a file for each package that is passed
/// on.</summary>
internal static class LicenceTexts
{
    private const string Rule = "--------------------------------------------------------------------------------";

    /// <summary>Files under <c>licenses/</c>.</summary>
    /// <param name="packages">Ids and versions of what is passed on.</param>
    /// <param name="facts">What a package says of itself.</param>
    /// <param name="texts">The standard text of a licence, for packages that carry no copy of theirs.</param>
    internal static IReadOnlyList<FileEntry> Collect(
        IEnumerable<(string Id, string Version)> packages,
        Func<string, string, PackageFacts> facts,
        Func<string, string> texts) =>
        [.. from package in packages
            let said = facts(package.Id, package.Version)
            where !said.IsDevelopment
            select FileEntry.Text($"licenses/{package.Id}.txt", Text(package, said, texts))];

    private static string Text((string Id, string Version) package, PackageFacts said, Func<string, string> texts)
    {
        var text = new StringBuilder()
            .Append(package.Id).Append(' ').Append(package.Version).Append('\n')
            .Append("Licence: ").Append(said.Licence).Append('\n')
            .Append("Copyright: ").Append(said.Copyright).Append('\n');
        var carriesItsLicence = said.Notices.Any(
            notice => notice.Name.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase));
        if (!carriesItsLicence)
        {
            Append(text, said.Licence, texts(said.Licence));
        }

        foreach (var (name, notice) in said.Notices)
        {
            Append(text, name, notice);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string title, string body) =>
        text.Append('\n').Append(Rule).Append('\n').Append(title).Append("\n\n").Append(body.Trim()).Append('\n');
}

using System.Text.RegularExpressions;
using Xunit;

namespace Veil.Tests.House;

/// <summary>What code and documents say about each other.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Every_product_project_has_a_README()
    {
        SourceTree.AssertNone(
            from project in SourceTree.ProductProjects
            let path = $"src/{project}/README.md"
            where !File.Exists(Path.Combine(SourceTree.Root, path))
            select $"{path}:1: is missing");
    }

    [Fact]
    public void Spec_references_name_a_file_and_headings_that_exist()
    {
        Assert.SkipUnless(
            System.IO.Directory.Exists(Path.Combine(SourceTree.Root, "spec")),
            "there is no spec folder in this tree");
        SourceTree.AssertNone(
            from file in SourceTree.Code("src", "tests", "tools")
            where !file.Path.StartsWith("tests/Veil.Tests/House/", StringComparison.Ordinal)
            from complaint in BrokenReferences(file, HeadingsOf)
            select complaint);
    }

    [Theory]
    [InlineData("spec/cell.md", 0)]
    [InlineData("spec/cell.md, section 2", 0)]
    [InlineData("spec/cell.md, sections 1 and 3", 0)]
    [InlineData("spec/cell.md, sections 1 to 3", 0)]
    [InlineData("spec/cell.md, section 3.1", 0)]
    [InlineData("spec/cell.md, section 4", 1)]
    [InlineData("spec/cell.md, section 3.2", 1)]
    [InlineData("spec/cell.md, sections 3 and 4", 1)]
    [InlineData("spec/cell.md, sections 4 to 5", 2)]
    [InlineData("spec/none.md, section 1", 1)]
    [InlineData("spec/cell.md,\n/// section 9", 1)]
    public void A_reference_to_nothing_is_found(string reference, int violations)
    {
        var file = new SourceFile("src/Veil.Wire/Sample.cs", $"/// <summary>A thing ({reference}).</summary>");

        var found = BrokenReferences(file, path => path == "spec/cell.md" ? ["1", "2", "3", "3.1"] : null);

        Assert.Equal(violations, found.Count());
    }

    [Fact]
    public void Local_links_in_documents_lead_somewhere()
    {
        SourceTree.AssertNone(
            from path in SourceTree.Files(".", "*.md")
            from line in SourceTree.ReadText(path).Split('\n').Index()
            from Match link in Link().Matches(line.Item)
            let target = link.Groups[1].Value
            where !target.Contains(':') && target.Length > 0
            let folder = Path.GetDirectoryName(Path.Combine(SourceTree.Root, path))!
            where !Path.Exists(Path.Combine(folder, target))
            select $"{path}:{line.Index + 1}: leads to {target}, which does not exist");
    }

    private static IEnumerable<string> BrokenReferences(SourceFile file, Func<string, HashSet<string>?> headingsOf)
    {
        // A reference may be broken over two lines of a comment.
        foreach (Match match in Reference().Matches(file.Text))
        {
            var line = file.Text.AsSpan(0, match.Index).Count('\n') + 1;
            var path = match.Groups["path"].Value;
            if (headingsOf(path) is not { } headings)
            {
                yield return file.At(line, $"{path} does not exist");
                continue;
            }

            foreach (var section in Sections(match).Where(section => !headings.Contains(section)))
            {
                yield return file.At(line, $"{path} has no section {section}");
            }
        }
    }

    private static IEnumerable<string> Sections(Match match)
    {
        var numbers = match.Groups["number"].Captures.Select(capture => capture.Value).ToArray();
        return match.Groups["joint"].Captures is [{ Value: "to" }]
            && int.TryParse(numbers[0], out var first) && int.TryParse(numbers[1], out var last)
            ? Enumerable.Range(first, last - first + 1).Select(number => number.ToString())
            : numbers;
    }

    private static HashSet<string>? HeadingsOf(string path) =>
        File.Exists(Path.Combine(SourceTree.Root, path))
            ? [.. Heading().Matches(SourceTree.ReadText(path)).Select(match => match.Groups[1].Value)]
            : null;

    [GeneratedRegex(
        """
        (?<path>spec/[a-z0-9/-]+\.md)
        (?:
            ,(?:\s|/)+sections?\s+(?<number>\d+(?:\.\d+)*)
            (?:(?:,|,?\s+(?<joint>and|to))\s+(?<number>\d+(?:\.\d+)*))*
        )?
        """,
        RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Reference();

    [GeneratedRegex(@"^#+\s+(\d+(?:\.\d+)*)\.?\s", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(([^)#\s]*)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}

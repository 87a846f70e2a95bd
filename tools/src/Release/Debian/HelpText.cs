namespace Veil.Tools.Release.Debian;

/// <summary>The help of one command, taken apart.</summary>
/// <param name="Description">Lines; examples keep their indentation.</param>
/// <param name="Usage">The usage line, or an empty string.</param>
/// <param name="Sections">Arguments, options and commands: a title, and a name and a text for each.</param>
internal sealed record HelpText(
    IReadOnlyList<string> Description,
    string Usage,
    IReadOnlyList<(string Title, IReadOnlyList<(string Name, string Text)> Entries)> Sections)
{
    private const string Indent = "  ";

    /// <summary>The names of the commands below this one, without their arguments and aliases.</summary>
    internal IEnumerable<string> Commands =>
        from section in Sections
        where section.Title == "Commands"
        from entry in section.Entries
        select entry.Name.Split(' ', ',')[0];

    /// <summary>Parses what <c>--help</c> prints: titles at the margin, two columns below them.</summary>
    /// <exception cref="ReleaseException">It does not look like help.</exception>
    internal static HelpText Parse(string text)
    {
        var description = new List<string>();
        var usage = "";
        var sections = new List<(string, IReadOnlyList<(string, string)>)>();
        foreach (var (title, lines) in Split(text.ReplaceLineEndings("\n")))
        {
            switch (title)
            {
                case "Description":
                    description.AddRange(lines);
                    break;
                case "Usage":
                    usage = string.Join(' ', lines.Where(line => line.Length > 0)).Trim();
                    break;
                default:
                    sections.Add((title, Columns(lines)));
                    break;
            }
        }

        return usage.Length > 0
            ? new HelpText(description, usage, sections)
            : throw new ReleaseException($"this does not look like help:\n{text}");
    }

    private static IEnumerable<(string Title, IReadOnlyList<string> Lines)> Split(string text)
    {
        var title = "";
        var lines = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            if (line.EndsWith(':') && !line.StartsWith(' '))
            {
                if (title.Length > 0)
                {
                    yield return (title, Trimmed(lines));
                }

                title = line[..^1];
                lines = [];
            }
            else
            {
                lines.Add(line.StartsWith(Indent, StringComparison.Ordinal) ? line[2..].TrimEnd() : line.TrimEnd());
            }
        }

        if (title.Length > 0)
        {
            yield return (title, Trimmed(lines));
        }
    }

    private static IReadOnlyList<string> Trimmed(List<string> lines)
    {
        var last = lines.FindLastIndex(line => line.Length > 0);
        return lines[..(last + 1)];
    }

    private static List<(string Name, string Text)> Columns(IReadOnlyList<string> lines)
    {
        var entries = new List<(string Name, string Text)>();
        foreach (var line in lines.Where(line => line.Length > 0))
        {
            if (line.StartsWith(' ') && entries.Count > 0)
            {
                var (name, text) = entries[^1];
                entries[^1] = (name, $"{text} {line.Trim()}".Trim());
                continue;
            }

            var gap = line.IndexOf(Indent, StringComparison.Ordinal);
            entries.Add(gap < 0 ? (line, "") : (line[..gap], line[gap..].Trim()));
        }

        return entries;
    }
}

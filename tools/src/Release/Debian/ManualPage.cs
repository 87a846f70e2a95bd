using System.Text;

namespace Veil.Tools.Release.Debian;

/// <summary>The manual page, made from what the program's own <c>--help</c> says, so that it cannot fall
/// behind.</summary>
internal static class ManualPage
{
    /// <summary>Writes veil(1).</summary>
    /// <param name="facts">Version and date for the header and footer.</param>
    /// <param name="pages">The help of the program itself (its command path is empty) and of every command.</param>
    /// <param name="tail">Sections that help does not have (files, environment, exit status), as roff.</param>
    internal static string Write(ReleaseFacts facts, IReadOnlyList<(string Command, HelpText Help)> pages, string tail)
    {
        var page = new StringBuilder();
        page.Append(".TH VEIL 1 \"").Append(facts.Time.ToUniversalTime().ToString("yyyy-MM-dd"))
            .Append("\" \"Veil ").Append(Escape(facts.Version)).Append("\" \"User Commands\"\n");
        page.Append(".SH NAME\nveil \\- share files without showing anybody's address\n");
        page.Append(".SH SYNOPSIS\n.B veil\n.RI [ command ]\n.RI [ options ]\n");
        foreach (var (command, help) in pages)
        {
            var title = command.Length == 0 ? ".SH DESCRIPTION" : $".SS \"veil {Escape(command)}\"";
            page.Append(title).Append('\n');
            if (help.Usage.Length > 0 && command.Length > 0)
            {
                page.Append(".B ").Append(Escape(help.Usage)).Append("\n.PP\n");
            }

            Paragraphs(page, help.Description);
            Entries(page, command, help);
            if (command.Length == 0 && pages.Count > 1)
            {
                page.Append(".SH COMMANDS\n");
            }
        }

        return page.Append(tail).ToString();
    }

    private static void Paragraphs(StringBuilder page, IReadOnlyList<string> lines)
    {
        var literal = false;
        foreach (var line in lines)
        {
            // Indented lines are examples: they keep their line breaks.
            var indented = line.StartsWith(' ');
            if (indented != literal && line.Length > 0)
            {
                page.Append(indented ? ".RS 4\n.nf\n" : ".fi\n.RE\n");
                literal = indented;
            }

            page.Append(line.Length == 0 ? ".PP" : Escape(line.Trim())).Append('\n');
        }

        page.Append(literal ? ".fi\n.RE\n" : "");
    }

    private static void Entries(StringBuilder page, string command, HelpText help)
    {
        var sections = help.Sections.Where(section => section.Title != "Commands").ToArray();
        foreach (var (title, entries) in sections)
        {
            page.Append(command.Length == 0 ? $".SH {title.ToUpperInvariant()}\n" : "");
            foreach (var (name, text) in entries)
            {
                page.Append(".TP\n.B ").Append(Escape(name)).Append('\n');
                page.Append(text.Length == 0 ? "\\&" : Escape(text)).Append('\n');
            }
        }
    }

    /// <summary>Text as roff takes it: no escapes, no requests, hyphens that can be copied.</summary>
    internal static string Escape(string text)
    {
        var escaped = text.Replace("\\", "\\e").Replace("-", "\\-");
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}

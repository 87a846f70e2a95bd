using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Veil.Content.Edge;

namespace Veil.Gateway.Sites;

/// <summary>The page that lists a folder: no script, nothing from elsewhere.</summary>
internal sealed class FolderPage
{
    private static readonly string[] _units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

    private static readonly HtmlEncoder _html = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly string _frame;

    private FolderPage(string frame, string policy)
    {
        _frame = frame;
        Policy = policy;
    }

    /// <summary>Its <c>Content-Security-Policy</c>.</summary>
    internal string Policy { get; }

    /// <summary>Puts the frame together from the parts inside this assembly.</summary>
    internal static FolderPage Load()
    {
        var style = PagePart.Read("folder.css");
        var frame = PagePart.Read("folder.html").Replace("{{style}}", style, StringComparison.Ordinal);
        var policy = $"default-src 'none'; style-src {PagePart.Hash(style)}; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'";
        return new FolderPage(frame, policy);
    }

    /// <summary>A path within a URL.</summary>
    internal static string Escape(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    /// <summary>The page of one folder.</summary>
    /// <param name="content">The whole.</param>
    /// <param name="path">Of the folder in it: empty, or with a <c>/</c> at its end.</param>
    /// <param name="listing">What lies in it.</param>
    internal string Write(ContentObject content, string path, FolderListing listing)
    {
        StringBuilder rows = new();
        if (path.Length > 0)
        {
            rows.Append("<tr><td><a href=\"../\">..</a></td><td></td></tr>\n");
        }

        foreach (var folder in listing.Folders)
        {
            Append(rows, folder + "/", Uri.EscapeDataString(folder) + "/", string.Empty);
        }

        foreach (var (file, length) in listing.Files)
        {
            Append(rows, file, Uri.EscapeDataString(file), Size(length));
        }

        var title = _html.Encode(path.Length == 0 ? content.Name : $"{content.Name}/{path.TrimEnd('/')}");
        var summary = $"{Count(listing.Folders.Count, "folder")}, {Count(listing.Files.Count, "file")}";
        return _frame
            .Replace("{{title}}", title, StringComparison.Ordinal)
            .Replace("{{summary}}", summary, StringComparison.Ordinal)
            .Replace("{{statements}}", Statements(content), StringComparison.Ordinal)
            .Replace("{{rows}}", rows.ToString(), StringComparison.Ordinal);
    }

    // What others wrote stands apart from words of the page. The key of the version before is not shown.
    private static string Statements(ContentObject content)
    {
        StringBuilder text = new();
        var said = content.Statements;
        Append(text, "Licence, as the publisher says:", said.Licence);
        Append(text, "Rights holder, as the publisher says:", said.RightsHolder);
        Append(text, "Signed by the name", content.Signer?.Format());
        if (said.Previous is not null) text.Append("<p>There is a version before it: see veil ls.</p>\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, string words, string? said)
    {
        if (said is null) return;
        text.Append("<p>").Append(words).Append(" <bdi>").Append(_html.Encode(said)).Append("</bdi></p>\n");
    }

    // With "./": a name may look like a scheme.
    private static void Append(StringBuilder rows, string name, string reference, string size) => rows
        .Append("<tr><td><a href=\"./").Append(reference).Append("\">").Append(_html.Encode(name))
        .Append("</a></td><td>").Append(size).Append("</td></tr>\n");

    private static string Count(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    private static string Size(long bytes)
    {
        int unit = 0;
        double value = bytes;
        for (; value >= 1024 && unit < _units.Length - 1; unit++)
        {
            value /= 1024;
        }

        return $"{value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture)} {_units[unit]}";
    }
}

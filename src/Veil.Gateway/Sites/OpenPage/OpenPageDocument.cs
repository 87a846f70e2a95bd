using System.Security.Cryptography;
using System.Text;

namespace Veil.Gateway.Sites.OpenPage;

/// <summary>
/// The page of <c>http://open.veil/</c> in one piece, and the policy that lets it run its own script and nothing else
/// (spec/gateway.md, section 4).
/// </summary>
internal sealed class OpenPageDocument
{
    private OpenPageDocument(byte[] html, string policy)
    {
        Html = html;
        Policy = policy;
    }

    /// <summary>The document, UTF-8.</summary>
    internal ReadOnlyMemory<byte> Html { get; }

    /// <summary>Its <c>Content-Security-Policy</c>.</summary>
    internal string Policy { get; }

    /// <summary>Puts the page together from the parts inside this assembly.</summary>
    internal static OpenPageDocument Load()
    {
        var style = Read("open.css");
        var script = Read("open.js");
        var html = Read("open.html")
            .Replace("{{style}}", style, StringComparison.Ordinal)
            .Replace("{{script}}", script, StringComparison.Ordinal);
        var policy = $"default-src 'none'; script-src {Hash(script)}; style-src {Hash(style)}; connect-src 'self'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        return new OpenPageDocument(Encoding.UTF8.GetBytes(html), policy);
    }

    private static string Hash(string text) =>
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Read(string name)
    {
        using var stream = typeof(OpenPageDocument).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the assembly lacks its part {name}");
        using var reader = new StreamReader(stream, Encoding.UTF8);

        // A browser hashes what it parsed, and it parses every line end as a line feed.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}

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
        var style = PagePart.Read("open.css");
        var script = PagePart.Read("open.js");
        var html = PagePart.Read("open.html")
            .Replace("{{style}}", style, StringComparison.Ordinal)
            .Replace("{{script}}", script, StringComparison.Ordinal);
        var policy = $"default-src 'none'; script-src {PagePart.Hash(script)}; "
            + $"style-src {PagePart.Hash(style)}; connect-src 'self'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        return new OpenPageDocument(Encoding.UTF8.GetBytes(html), policy);
    }
}

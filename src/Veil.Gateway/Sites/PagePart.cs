using System.Security.Cryptography;
using System.Text;

namespace Veil.Gateway.Sites;

/// <summary>Parts of pages inside this assembly, and how a policy names them.</summary>
internal static class PagePart
{
    /// <summary>A part's text.</summary>
    internal static string Read(string name)
    {
        using var stream = typeof(PagePart).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the assembly lacks its part {name}");
        using var reader = new StreamReader(stream, Encoding.UTF8);

        // A browser hashes what it parsed, and it parses every line end as a line feed.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    /// <summary>The source that allows exactly this script or style.</summary>
    internal static string Hash(string text) =>
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";
}

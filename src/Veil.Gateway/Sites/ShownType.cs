using System.Collections.Frozen;
using System.Text;

namespace Veil.Gateway.Sites;

/// <summary>As what a file is sent, and whether a browser shows it (spec/gateway.md, section 5).</summary>
/// <param name="ContentType">The <c>Content-Type</c>.</param>
/// <param name="Inline">Shown rather than saved.</param>
internal readonly record struct ShownType(string ContentType, bool Inline)
{
    private const string PlainCharacters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 !#$&'()+,-.;=@[]^_{}~";

    private const string AttributeCharacters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~";

    private static readonly ShownType Unknown = new("application/octet-stream", false);

    private static readonly FrozenDictionary<string, ShownType> Known = new[]
    {
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif",
        "audio/mpeg", "audio/ogg", "audio/wav", "audio/flac", "audio/aac", "audio/mp4", "audio/webm",
        "video/mp4", "video/webm", "video/ogg",
    }
        .Select(type => KeyValuePair.Create(type, new ShownType(type, true)))
        .Append(KeyValuePair.Create("text/plain", new ShownType("text/plain; charset=utf-8", true)))
        .Append(KeyValuePair.Create("application/pdf", new ShownType("application/pdf", false)))
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Decides by the manifest's type; what is not on the list is handed over unseen.</summary>
    internal static ShownType Of(string mimeType)
    {
        var end = mimeType.IndexOf(';');
        var essence = (end < 0 ? mimeType : mimeType[..end]).Trim();
        return Known.GetValueOrDefault(essence, Unknown);
    }

    /// <summary>The <c>Content-Disposition</c> of a file of this name (RFC 6266, RFC 8187).</summary>
    internal string Disposition(string name)
    {
        var ascii = new StringBuilder(name.Length);
        foreach (var rune in name.EnumerateRunes())
        {
            ascii.Append(rune.IsAscii && PlainCharacters.Contains((char)rune.Value) ? (char)rune.Value : '_');
        }

        var disposition = $"{(Inline ? "inline" : "attachment")}; filename=\"{ascii}\"";
        return ascii.Equals(name) ? disposition : $"{disposition}; filename*=UTF-8''{EscapeAttribute(name)}";
    }

    private static string EscapeAttribute(string name)
    {
        var escaped = new StringBuilder(name.Length * 3);
        foreach (var octet in Encoding.UTF8.GetBytes(name))
        {
            if (AttributeCharacters.Contains((char)octet))
            {
                escaped.Append((char)octet);
            }
            else
            {
                escaped.Append('%').Append(octet.ToString("X2"));
            }
        }

        return escaped.ToString();
    }
}

using System.Diagnostics.CodeAnalysis;

namespace Veil.Content.Keys;

/// <summary>What opens a file: <c>veil:</c> and 112 lower-case base32 characters.</summary>
public sealed record ContentKey
{
    private const string Scheme = "veil:";
    private const int Characters = 112;
    private readonly string _text;

    private ContentKey(string text) => _text = text;

    /// <summary>Reads the text form.</summary>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out ContentKey? key,
        [NotNullWhen(false)] out string? error)
    {
        key = null;
        error = null;
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            error = "a content key starts with veil:";
            return false;
        }

        var body = text.AsSpan(Scheme.Length);
        if (body.Length != Characters || body.ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz234567"))
        {
            error = "a content key has 112 characters a-z and 2-7 after veil:";
            return false;
        }

        key = new ContentKey(text);
        return true;
    }

    /// <summary>The text form.</summary>
    public string Format() => _text;
}

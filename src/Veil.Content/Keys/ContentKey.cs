using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Veil.Content.Keys;

/// <summary>What opens a file: <c>veil:</c> and 112 lower-case base32 characters.</summary>
public sealed record ContentKey
{
    private const string Scheme = "veil:";
    private const int Characters = 112;
    private static readonly SearchValues<char> Base32 = SearchValues.Create("abcdefghijklmnopqrstuvwxyz234567");
    private readonly string _text;

    private ContentKey(string text) => _text = text;

    /// <summary>Reads the text form.</summary>
    public static bool TryParse(
        ReadOnlySpan<char> text,
        [NotNullWhen(true)] out ContentKey? key,
        out ContentKeyError error)
    {
        key = null;
        error = default;
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            error = new("a content key begins with veil:");
            return false;
        }

        var body = text[Scheme.Length..];
        if (body.Length != Characters || body.ContainsAnyExcept(Base32))
        {
            error = new("a content key has 112 characters a-z and 2-7 after veil:");
            return false;
        }

        key = new ContentKey(text.ToString());
        return true;
    }

    /// <summary>The text form.</summary>
    public string Format() => _text;
}

/// <summary>What is wrong, for the person who typed.</summary>
public readonly record struct ContentKeyError(string Message);

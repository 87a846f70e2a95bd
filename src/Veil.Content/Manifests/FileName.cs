using System.Text;

namespace Veil.Content.Manifests;

/// <summary>Names that are one harmless path component everywhere (spec/manifest.md, section 2).</summary>
public static class FileName
{
    /// <summary>Longest name, in bytes of UTF-8.</summary>
    public const int MaxBytes = 255;

    private const int MaxExtensionBytes = 16;
    private const string Empty = "file";
    private const char Replacement = '_';

    /// <summary>True for a name that complies.</summary>
    public static bool IsValid(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0 || name[0] == ' ' || name[^1] is ' ' or '.') return false;
        for (var index = 0; index < name.Length;)
        {
            if (!Rune.TryGetRuneAt(name, index, out var rune) || IsForbidden(rune)) return false;
            index += rune.Utf16SequenceLength;
        }

        return !IsReserved(name) && Encoding.UTF8.GetByteCount(name) <= MaxBytes;
    }

    /// <summary>Alters a name until it complies; a name that does is returned as it is.</summary>
    public static string Sanitize(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        StringBuilder kept = new();
        foreach (var rune in name.EnumerateRunes())
        {
            // An unpaired surrogate is enumerated as U+FFFD, which is allowed, so it needs no case of its own.
            if (IsForbidden(rune)) kept.Append(Replacement);
            else kept.Append(rune.ToString());
        }

        // Cutting may lay a reserved name bare, so that is looked at last.
        var result = TrimEnds(Shorten(TrimEnds(kept.ToString())));
        if (IsReserved(result)) result = TrimEnds(Shorten(Replacement + result));
        return result.Length == 0 ? Empty : result;
    }

    private static string TrimEnds(string name) => name.TrimStart(' ').TrimEnd(' ', '.');

    private static string Shorten(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) <= MaxBytes) return name;
        var extension = Path.GetExtension(name);
        if (Encoding.UTF8.GetByteCount(extension) > MaxExtensionBytes) extension = string.Empty;
        var room = MaxBytes - Encoding.UTF8.GetByteCount(extension);
        StringBuilder kept = new();
        foreach (var rune in name[..^extension.Length].EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0) break;
            kept.Append(rune.ToString());
        }

        return kept.Append(extension).ToString();
    }

    private static bool IsForbidden(Rune rune) => rune.Value switch
    {
        '/' or '\\' or '<' or '>' or ':' or '"' or '|' or '?' or '*' => true,
        < 0x20 or (>= 0x7F and <= 0x9F) => true,
        0x2028 or 0x2029 or 0xFEFF => true,
        0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) => true,
        _ => false,
    };

    private static bool IsReserved(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var stem = (dot < 0 ? name : name[..dot]).TrimEnd(' ').ToUpperInvariant();
        return stem switch
        {
            "CON" or "PRN" or "AUX" or "NUL" or "CONIN$" or "CONOUT$" => true,
            { Length: 4 } => (stem.StartsWith("COM", StringComparison.Ordinal)
                    || stem.StartsWith("LPT", StringComparison.Ordinal))
                && stem[3] is (>= '0' and <= '9') or '\u00B9' or '\u00B2' or '\u00B3',
            _ => false,
        };
    }
}

using System.Text;

namespace Veil.Content.Manifests;

/// <summary>Who is said to have the rights: one harmless line (spec/manifest.md, section 7.2).</summary>
public static class RightsHolder
{
    /// <summary>The longest, in bytes of UTF-8.</summary>
    public const int MaxBytes = 255;

    /// <summary>True for a text that complies.</summary>
    public static bool IsValid(string text) => FaultOf(text) is null;

    /// <summary>Why a text does not comply, for a person; null where it does.</summary>
    public static string? FaultOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0) return "a rights holder is not empty";
        if (text[0] == ' ' || text[^1] == ' ') return "a rights holder neither begins nor ends with a space";
        for (var index = 0; index < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, index, out var rune)) return "a rights holder is text";
            if (IsForbidden(rune)) return $"a rights holder shows all that is in it: not so U+{rune.Value:X4}";
            index += rune.Utf16SequenceLength;
        }

        return Encoding.UTF8.GetByteCount(text) <= MaxBytes ? null : $"a rights holder has at most {MaxBytes} bytes";
    }

    private static bool IsForbidden(Rune rune) => rune.Value switch
    {
        < 0x20 or (>= 0x7F and <= 0x9F) => true,
        0x2028 or 0x2029 or 0xFEFF => true,
        0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) => true,
        >= 0xE0000 and <= 0xE007F => true,
        _ => false,
    };
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Veil.Node.Control;

/// <summary>
/// Which bytes of a file are meant: <c>FIRST-LAST</c>, <c>FIRST-</c> or <c>-COUNT</c>, as curl's <c>-r</c> takes them
/// (spec/control.md, section 2.2).
/// </summary>
/// <param name="First">From 0; null for the last <paramref name="Last"/> bytes.</param>
/// <param name="Last">Included; null for the end of the file.</param>
public readonly record struct ContentRange(long? First, long? Last)
{
    private const int MaxDigits = 18;

    /// <summary>Reads one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ContentRange range)
    {
        range = default;
        int dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        if (dash < 0 || !TryNumber(text.AsSpan(0, dash), out long? first)
            || !TryNumber(text.AsSpan(dash + 1), out long? last)
            || (first is null && last is null) || first > last)
        {
            return false;
        }

        range = new ContentRange(first, last);
        return true;
    }

    /// <summary>Which bytes these are of a file; null where there is none of them.</summary>
    public (long Offset, long Count)? Of(long length)
    {
        long offset = First ?? Math.Max(0, length - Last!.Value);
        long end = First is null || Last is null ? length : Math.Min(length, Last.Value + 1);
        return offset < end ? (offset, end - offset) : null;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out long? number)
    {
        number = null;
        if (text.IsEmpty)
        {
            return true;
        }

        bool isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value);
        number = value;
        return isNumber && text.Length <= MaxDigits;
    }
}

using System.Globalization;

namespace Veil.Tools.Simulate;

/// <summary>The seeds from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
internal readonly record struct SeedRange(ulong First, ulong Last)
{
    /// <summary>Reads "A..B", decimal; false unless A is not above B.</summary>
    internal static bool TryParse(string text, out SeedRange range)
    {
        range = default;
        var parts = text.Split("..");
        if (parts.Length != 2 || !TryParseSeed(parts[0], out var first) || !TryParseSeed(parts[1], out var last))
            return false;
        range = new SeedRange(first, last);
        return first <= last;
    }

    private static bool TryParseSeed(string text, out ulong seed) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seed);
}

using System.Globalization;

namespace Veil.Node.Configuration;

/// <summary>Sizes as people write them: 1, 512KiB, 64MiB, 1GiB.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Reads a size; false when it is none.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        int digits = text.TakeWhile(letter => char.IsAsciiDigit(letter) || letter == '.').Count();
        string unit = text[digits..].Trim();
        int power = unit.Length == 0
            ? 0
            : Array.FindIndex(Units, name => name.Equals(unit, StringComparison.OrdinalIgnoreCase)
                || (name.Length == 3 && name[..1].Equals(unit, StringComparison.OrdinalIgnoreCase)));
        if (power < 0
            || !decimal.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out var number)
            || number > long.MaxValue >> (10 * power))
        {
            return false;
        }

        bytes = (long)(number * (1L << (10 * power)));
        return true;
    }

    /// <summary>Writes a size with three significant digits.</summary>
    public static string Format(long bytes)
    {
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < Units.Length - 1; unit++)
        {
            value /= 1024;
        }

        return unit == 0 ? $"{bytes} B" : $"{value:0.##} {Units[unit]}";
    }
}

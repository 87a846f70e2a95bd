using System.Globalization;

namespace Veil.Tools.Testnet;

/// <summary>Times as people write them: 25ms, 0.1s.</summary>
internal static class LatencyText
{
    // Above that no link of this planet is, and handshakes run into their time limits.
    private static readonly TimeSpan _max = TimeSpan.FromSeconds(5);

    /// <summary>Reads a time of 0 to 5 s; false when it is none.</summary>
    internal static bool TryParse(string text, out TimeSpan time)
    {
        time = default;
        var isMilliseconds = text.EndsWith("ms", StringComparison.Ordinal);
        if ((!isMilliseconds && !text.EndsWith('s'))
            || !double.TryParse(
                text[..^(isMilliseconds ? 2 : 1)],
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number)
            || number * (isMilliseconds ? 1 : 1000) > _max.TotalMilliseconds)
        {
            return false;
        }

        time = TimeSpan.FromMilliseconds(number * (isMilliseconds ? 1 : 1000));
        return true;
    }

    /// <summary>Reads a time of 0 to 5 s.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static TimeSpan Parse(string text) =>
        TryParse(text, out var time) ? time : throw new FormatException($"{text} is no time of at most 5s");
}

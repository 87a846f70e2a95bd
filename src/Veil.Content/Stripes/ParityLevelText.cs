namespace Veil.Content.Stripes;

/// <summary>Parity levels as people and programs write them (spec/control.md, section 2.1).</summary>
public static class ParityLevelText
{
    private static readonly string[] _names = ["full", "half", "quarter"];

    /// <summary>All that there are, the usual one first.</summary>
    public static IReadOnlyList<string> All => _names;

    /// <summary>One of <see cref="All"/>.</summary>
    public static string Format(ParityLevel level) => _names[(int)level];

    /// <summary>False for anything else than one of <see cref="All"/>.</summary>
    public static bool TryParse(string? text, out ParityLevel level)
    {
        int index = Array.IndexOf(_names, text);
        level = (ParityLevel)Math.Max(index, 0);
        return index >= 0;
    }
}

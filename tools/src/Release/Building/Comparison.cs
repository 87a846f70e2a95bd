namespace Veil.Tools.Release.Building;

/// <summary>Two folders of artefacts, byte for byte.</summary>
internal static class Comparison
{
    /// <summary>Says what differs; nothing if the folders hold the same files with the same bytes.</summary>
    internal static IReadOnlyList<string> Differences(string first, string second)
    {
        var names = Names(first).Union(Names(second)).Order(StringComparer.Ordinal);
        return [.. names.Select(name => Difference(name, first, second)).OfType<string>()];
    }

    private static IEnumerable<string> Names(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path));

    private static string? Difference(string name, string first, string second)
    {
        var (one, other) = (Path.Combine(first, name), Path.Combine(second, name));
        if (!File.Exists(one) || !File.Exists(other))
        {
            return $"{name}: only in the {(File.Exists(one) ? "first" : "second")} build";
        }

        ReadOnlySpan<byte> bytes = File.ReadAllBytes(one);
        ReadOnlySpan<byte> others = File.ReadAllBytes(other);
        return bytes.SequenceEqual(others)
            ? null
            : $"{name}: {bytes.Length} and {others.Length} bytes, different from byte "
                + $"{bytes.CommonPrefixLength(others)}";
    }
}

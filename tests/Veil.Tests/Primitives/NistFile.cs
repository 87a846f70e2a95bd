namespace Veil.Tests.Primitives;

/// <summary>"Name = value" blocks; '#' begins a comment line. Names are compared without case.</summary>
internal static class NistFile
{
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Load(string name, string firstField)
    {
        List<Dictionary<string, string>> blocks = [];
        foreach (string line in File.ReadLines(Path.Combine(VectorFolder.Require("rfc"), name)))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (line.StartsWith('#') || equals < 0)
                continue;
            string field = line[..equals].Trim();
            if (field.Equals(firstField, StringComparison.OrdinalIgnoreCase))
                blocks.Add(new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase));
            blocks[^1].Add(field, line[(equals + 1)..].Trim());
        }

        return blocks;
    }

    public static byte[] Hex(this IReadOnlyDictionary<string, string> block, string field) =>
        Convert.FromHexString(block[field]);
}

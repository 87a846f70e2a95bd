using System.Text.Json;
using Xunit;

namespace Veil.Tests.Primitives;

/// <summary>Reads a Wycheproof file: every case with its group, the number of cases asserted.</summary>
internal static class WycheproofFile
{
    public static IReadOnlyList<(JsonElement Group, JsonElement Case)> Load(string name, int expected)
    {
        string path = Path.Combine(VectorFolder.Require("wycheproof"), name);
        JsonElement root = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
        List<(JsonElement Group, JsonElement Case)> cases = [];
        foreach (JsonElement group in root.GetProperty("testGroups").EnumerateArray())
        {
            foreach (JsonElement one in group.GetProperty("tests").EnumerateArray())
                cases.Add((group, one));
        }

        Assert.Equal(expected, root.GetProperty("numberOfTests").GetInt32());
        Assert.Equal(expected, cases.Count);
        return cases;
    }

    public static byte[] Hex(this JsonElement one, string field) =>
        Convert.FromHexString(one.GetProperty(field).GetString()!);

    public static bool IsValid(this JsonElement one) => one.GetProperty("result").GetString() == "valid";

    public static string Id(this JsonElement one) =>
        $"tcId {one.GetProperty("tcId").GetInt32()}";

    public static bool HasFlag(this JsonElement one, string flag) =>
        one.TryGetProperty("flags", out JsonElement flags) && flags.EnumerateArray().Any(f => f.GetString() == flag);
}

using System.Text.Json;

namespace Veil.Tests.Content;

/// <summary>The project's own vectors: spec/vectors/*.json.</summary>
internal static class SpecVectors
{
    /// <summary>The file of one topic; it is part of the project, so its absence is a failure.</summary>
    public static JsonElement Read(string topic)
    {
        var path = Path.Combine(VectorFolder.ProjectRoot, "spec", "vectors", $"{topic}.json");
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    /// <summary>Bytes of a hexadecimal member.</summary>
    public static byte[] Hex(this JsonElement element, string name) =>
        Convert.FromHexString(element.GetProperty(name).GetString()!);

    /// <summary>Bytes of each hexadecimal string of an array member.</summary>
    public static byte[][] HexArray(this JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(item => Convert.FromHexString(item.GetString()!))];
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace Veil.Node.Configuration;

/// <summary>The text of veil.json: an object of sections, each an object of texts, numbers, true and false.</summary>
internal static class SettingsFile
{
    private static readonly JsonDocumentOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The settings by <c>Section:Key</c>.</summary>
    /// <exception cref="JsonException">It is not of that shape; the message is for a person.</exception>
    internal static Dictionary<string, string> Read(ReadOnlyMemory<byte> text)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        using var document = JsonDocument.Parse(text, Lenient);
        foreach (var section in Properties(document.RootElement, "the file"))
        {
            foreach (var setting in Properties(section.Value, $"\"{section.Name}\""))
            {
                string name = $"{section.Name}:{setting.Name}";
                if (!settings.TryAdd(name, ValueOf(setting.Value, name)))
                {
                    throw new JsonException($"{name} is there twice");
                }
            }
        }

        return settings;
    }

    /// <summary>The file with these settings.</summary>
    internal static byte[] Write(IReadOnlyDictionary<string, string> settings)
    {
        var root = new JsonObject();
        foreach (var key in SettingKey.All.Where(key => settings.ContainsKey(key.Name)))
        {
            string[] parts = key.Name.Split(':');
            if (root[parts[0]] is not JsonObject section)
            {
                root[parts[0]] = section = [];
            }

            section[parts[1]] = settings[key.Name];
        }

        return [.. JsonSerializer.SerializeToUtf8Bytes(root, Indented), (byte)'\n'];
    }

    private static JsonElement.ObjectEnumerator Properties(JsonElement element, string what) =>
        element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject()
            : throw new JsonException($"{what} is no object in braces");

    private static string ValueOf(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(part => ValueOf(part, name))),
        _ => throw new JsonException($"{name} is neither a text nor a number nor true or false"),
    };
}

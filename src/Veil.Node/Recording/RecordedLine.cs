using System.Text.Json.Serialization;

namespace Veil.Node.Recording;

/// <summary>One line of a recording.</summary>
internal sealed record RecordedLine(double T, string Node, string Saw, string Value);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RecordedLine))]
internal sealed partial class RecordedLineJson : JsonSerializerContext;

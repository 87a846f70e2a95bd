using System.Text.Json.Serialization;

namespace Veil.Node.Control;

/// <summary>JSON of the lines that add answers with: members that are not there are left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AddLine))]
internal sealed partial class ControlLines : JsonSerializerContext;

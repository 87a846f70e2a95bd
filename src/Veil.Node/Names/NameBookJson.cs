using System.Text.Json.Serialization;

namespace Veil.Node.Names;

/// <summary>JSON of the document.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NameBookDocument))]
internal sealed partial class NameBookJson : JsonSerializerContext;

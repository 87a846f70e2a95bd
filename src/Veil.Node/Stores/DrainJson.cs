using System.Text.Json.Serialization;

namespace Veil.Node.Stores;

/// <summary>JSON of what is remembered.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DrainProgress))]
internal sealed partial class DrainJson : JsonSerializerContext;

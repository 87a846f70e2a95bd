using System.Text.Json.Serialization;

namespace Veil.Node.Control;

/// <summary>JSON of publications that broke off.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<UnfinishedEntry>))]
internal sealed partial class UnfinishedJson : JsonSerializerContext;

using System.Text.Json.Serialization;

namespace Veil.Wire.Documents;

/// <summary>Generated reader and writer of <c>network.json</c>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    WriteIndented = true)]
[JsonSerializable(typeof(NetworkFile))]
internal sealed partial class NetworkFileContext : JsonSerializerContext;

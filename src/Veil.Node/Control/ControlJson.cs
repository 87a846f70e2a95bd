using System.Text.Json.Serialization;
using Veil.Node.Status;

namespace Veil.Node.Control;

/// <summary>JSON of the control API: names in snake_case, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(ErrorAnswer))]
public sealed partial class ControlJson : JsonSerializerContext;

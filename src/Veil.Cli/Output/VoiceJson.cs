using System.Text.Json.Serialization;

namespace Veil.Cli.Output;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorDocument))]
internal sealed partial class VoiceJson : JsonSerializerContext;

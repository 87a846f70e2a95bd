using System.Text.Json.Serialization;

namespace Veil.Tools.Testnet.State;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(NetDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(JournalLine))]
internal sealed partial class TestnetJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Veil.Tools.Testnet.Auditing;
using Veil.Tools.Testnet.Capturing;

namespace Veil.Tools.Testnet.State;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(NetDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(JournalLine))]
[JsonSerializable(typeof(CaptureDocument))]
[JsonSerializable(typeof(AuditDocument))]
[JsonSerializable(typeof(RecordLine))]
internal sealed partial class TestnetJson : JsonSerializerContext;

using System.Text.Json.Serialization;

namespace Veil.Cli.Network;

/// <summary>What `veil network new --json` prints.</summary>
internal sealed record NetworkResult(string Name, string Id, string File, IReadOnlyList<string> Folders);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NetworkResult))]
internal sealed partial class NetworkJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;

namespace Veil.Tests.Noise;

/// <summary>One vector of cacophony.txt; byte strings are hex, and absent where the pattern has no such key.</summary>
internal sealed record NoiseVector
{
    [JsonPropertyName("protocol_name")]
    public required string ProtocolName { get; init; }

    [JsonPropertyName("init_prologue")]
    public required string Prologue { get; init; }

    [JsonPropertyName("init_static")]
    public string? InitiatorStatic { get; init; }

    [JsonPropertyName("init_ephemeral")]
    public required string InitiatorEphemeral { get; init; }

    [JsonPropertyName("init_remote_static")]
    public string? InitiatorRemoteStatic { get; init; }

    [JsonPropertyName("resp_static")]
    public string? ResponderStatic { get; init; }

    // One-way patterns have none.
    [JsonPropertyName("resp_ephemeral")]
    public string? ResponderEphemeral { get; init; }

    [JsonPropertyName("resp_remote_static")]
    public string? ResponderRemoteStatic { get; init; }

    [JsonPropertyName("handshake_hash")]
    public required string HandshakeHash { get; init; }

    [JsonPropertyName("messages")]
    public required IReadOnlyList<Message> Messages { get; init; }

    public string Pattern => ProtocolName.Split('_')[1];

    public string Dh => ProtocolName.Split('_')[2];

    public string Suite => string.Join('_', ProtocolName.Split('_')[3..]);

    public static IReadOnlyList<NoiseVector> Load()
    {
        string path = Path.Combine(VectorFolder.Require("noise"), "cacophony.txt");
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(path));
        return file.RootElement.GetProperty("vectors").Deserialize<List<NoiseVector>>()!;
    }

    internal sealed record Message
    {
        [JsonPropertyName("payload")]
        public required string Payload { get; init; }

        [JsonPropertyName("ciphertext")]
        public required string Ciphertext { get; init; }
    }
}

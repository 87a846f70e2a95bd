using System.Text.Json;

namespace Veil.Tests.Noise;

/// <summary>One handshake of spec/vectors/handshake.json (spec/handshake.md, section 9).</summary>
internal sealed record HandshakeTranscript
{
    /// <summary>How the file is written: snake case, two spaces.</summary>
    public static JsonSerializerOptions Format { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public required string Protocol { get; init; }

    public required string Prologue { get; init; }

    public string? InitiatorStatic { get; init; }

    public required string ResponderStatic { get; init; }

    public required IReadOnlyList<string> InitiatorSecrets { get; init; }

    public required IReadOnlyList<string> ResponderSecrets { get; init; }

    public required IReadOnlyList<HandshakeMessage> Messages { get; init; }

    public string HandshakeHash { get; init; } = string.Empty;

    public required IReadOnlyList<LaneMessages> Lanes { get; init; }

    internal sealed record HandshakeMessage(string Payload, string Message);

    internal sealed record SealedMessage(string Ad, string Plaintext, string Ciphertext);

    internal sealed record LaneMessages
    {
        public required byte Lane { get; init; }

        public required uint MessagesPerKey { get; init; }

        public required IReadOnlyList<SealedMessage> InitiatorToResponder { get; init; }

        public required IReadOnlyList<SealedMessage> ResponderToInitiator { get; init; }
    }

    /// <summary>The file's one object.</summary>
    internal sealed record Document(string Description, IReadOnlyList<HandshakeTranscript> Handshakes);
}

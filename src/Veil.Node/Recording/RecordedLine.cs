using System.Text.Json.Serialization;

namespace Veil.Node.Recording;

/// <summary>One line of a recording (spec/operating.md, section 5). What does not belong to its kind is null and not
/// written.</summary>
internal sealed record RecordedLine(double T, string Node, string Saw, string Value)
{
    /// <summary>Of an address that the node linked to as a client: guard, authority or relay.</summary>
    public string? As { get; init; }

    /// <summary>Of a circuit: made, accepted or extended.</summary>
    public string? Step { get; init; }

    /// <summary>Of a circuit: the other end of its link, ADDR:PORT.</summary>
    public string? Link { get; init; }

    /// <summary>Of an extended circuit: the accepted one that it goes on from, number@ADDR:PORT.</summary>
    public string? From { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RecordedLine))]
internal sealed partial class RecordedLineJson : JsonSerializerContext;

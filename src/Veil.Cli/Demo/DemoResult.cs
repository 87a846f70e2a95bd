using System.Text.Json.Serialization;

namespace Veil.Cli.Demo;

/// <summary>The object that `veil demo --json` prints.</summary>
internal sealed record DemoResult
{
    public required bool Ok { get; init; }

    public required string File { get; init; }

    public required long Bytes { get; init; }

    public required string Sha256 { get; init; }

    public required double StartSeconds { get; init; }

    public required double PublishSeconds { get; init; }

    public required double FetchSeconds { get; init; }

    [JsonPropertyName("fetch_mib_s")]
    public required double FetchMib { get; init; }

    [JsonPropertyName("raw_mib_s")]
    public required double RawMib { get; init; }

    public required double Ratio { get; init; }

    public required string Client { get; init; }

    public required int Stores { get; init; }

    public required int StoresThatMayBeLost { get; init; }

    public required IReadOnlyList<DemoParty> Parties { get; init; }
}

/// <summary>What one party recorded during the run.</summary>
internal sealed record DemoParty(
    string Name,
    string Role,
    IReadOnlyList<string> Addresses,
    int Keys,
    long PlaintextBytes,
    int Blocks,
    [property: JsonIgnore] string Own);

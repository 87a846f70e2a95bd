using System.Text.Json.Serialization;

namespace Veil.Cli.Names;

/// <summary>What `veil key new`, `import`, `export` and `rm` print with --json.</summary>
internal sealed record KeyResult(string Name, string Address);

/// <summary>What `veil key ls --json` prints.</summary>
internal sealed record KeyListResult(IReadOnlyList<KeyLine> Keys);

/// <summary>One key.</summary>
/// <param name="Name">On this machine.</param>
/// <param name="Address">Null where the file cannot be used.</param>
/// <param name="Passphrase">Whether it has one.</param>
/// <param name="Problem">Why the file cannot be used.</param>
internal sealed record KeyLine(string Name, string? Address, bool Passphrase, string? Problem);

/// <summary>What `veil publish --json` prints: as add, and the name.</summary>
internal sealed record PublishResult(
    string Key,
    string Name,
    string Address,
    ulong Sequence,
    string File,
    long Bytes,
    long Blocks,
    long Shares,
    long SharesAcked,
    double Seconds,
    string? Id,
    int Days,
    int DaysSafe,
    string LastDay);

/// <summary>JSON of these.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KeyResult))]
[JsonSerializable(typeof(KeyListResult))]
[JsonSerializable(typeof(PublishResult))]
internal sealed partial class NameResultJson : JsonSerializerContext;

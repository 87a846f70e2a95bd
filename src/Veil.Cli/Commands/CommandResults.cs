using System.Text.Json.Serialization;

namespace Veil.Cli.Commands;

/// <summary>What `veil get --json` prints.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Bytes">Of the file, or of all files.</param>
/// <param name="Sha256">Of the file; null for a folder.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record GetResult(string Path, long Bytes, string? Sha256, double Seconds)
{
    /// <summary>Of a folder: how many.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Files { get; init; }

    /// <summary>What the publisher says (spec/manifest.md, section 7).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Licence { get; init; }

    /// <summary>What the publisher says.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RightsHolder { get; init; }

    /// <summary>Address of the name whose key signed it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SignedBy { get; init; }
}

/// <summary>What `veil doctor --json` prints.</summary>
internal sealed record DoctorResult(bool Ok, IReadOnlyList<DoctorLine> Checks);

/// <summary>One check.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Result">ok, warn or fail.</param>
/// <param name="Message">What was found.</param>
/// <param name="Hint">What to do; empty when it is ok.</param>
internal sealed record DoctorLine(string Check, string Result, string Message, string Hint);

/// <summary>What `veil status --check --json` prints.</summary>
internal sealed record CheckResult(bool Ready, string State);

/// <summary>What `veil completion --json` prints.</summary>
internal sealed record CompletionResult(string Shell, string Script);

/// <summary>JSON of the commands' results.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GetResult))]
[JsonSerializable(typeof(DoctorResult))]
[JsonSerializable(typeof(CheckResult))]
[JsonSerializable(typeof(CompletionResult))]
internal sealed partial class CommandJson : JsonSerializerContext;

using System.Text.Json.Serialization;

namespace Veil.Cli.Eris;

/// <summary>What `veil eris encode --json` prints.</summary>
/// <param name="Urn">The capability.</param>
/// <param name="Bytes">Of content.</param>
/// <param name="Blocks">Of all levels; equal ones count each time and are one file.</param>
/// <param name="BlockBytes">Length of each.</param>
internal sealed record EncodeResult(string Urn, long Bytes, long Blocks, int BlockBytes);

/// <summary>What `veil eris verify --json` prints.</summary>
/// <param name="Bytes">Of content.</param>
/// <param name="Blocks">Of all levels; one that stands in several places counts in each.</param>
/// <param name="BlockBytes">Length of each.</param>
/// <param name="Level">Of the root.</param>
internal sealed record VerifyResult(long Bytes, long Blocks, int BlockBytes, int Level);

/// <summary>JSON of the results.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EncodeResult))]
[JsonSerializable(typeof(VerifyResult))]
internal sealed partial class ErisJson : JsonSerializerContext;

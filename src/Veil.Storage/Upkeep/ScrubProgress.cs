using System.Text.Json;
using System.Text.Json.Serialization;
using Veil.Storage.Segments;

namespace Veil.Storage.Upkeep;

/// <summary>How far a scrub is (spec/store.md, section 11). Names no block.</summary>
/// <param name="Segment">Where the next step begins: number of the segment.</param>
/// <param name="Slot">The slot in it.</param>
/// <param name="Started">When this pass began, Unix seconds; null where none is under way.</param>
/// <param name="Checked">Blocks that this pass has read.</param>
/// <param name="Bad">Blocks that this pass found damaged.</param>
/// <param name="LastFinished">When the last pass ended, Unix seconds; null before that.</param>
/// <param name="LastBad">What it found damaged.</param>
/// <param name="Next">When the next pass begins, Unix seconds.</param>
public sealed record ScrubProgress(
    uint Segment,
    int Slot,
    long? Started,
    long Checked,
    long Bad,
    long? LastFinished,
    long? LastBad,
    long Next)
{
    /// <summary>Where the next step begins.</summary>
    [JsonIgnore]
    public StorePosition Position => new(Segment, Slot);

    /// <summary>Whether a pass is under way.</summary>
    [JsonIgnore]
    public bool IsRunning => Started is not null;

    /// <summary>Before anything was read.</summary>
    public static ScrubProgress None { get; } = new(0, 0, null, 0, 0, null, null, 0);

    /// <summary>As it is remembered (spec/state.md, section 2).</summary>
    internal string Format() => JsonSerializer.Serialize(this, UpkeepJson.Default.ScrubProgress);

    /// <summary>What was remembered; from the beginning when that is none.</summary>
    internal static ScrubProgress Parse(string? text)
    {
        try
        {
            return text is null ? None : JsonSerializer.Deserialize(text, UpkeepJson.Default.ScrubProgress) ?? None;
        }
        catch (JsonException)
        {
            return None;
        }
    }
}

/// <summary>JSON of what is remembered.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ScrubProgress))]
internal sealed partial class UpkeepJson : JsonSerializerContext;

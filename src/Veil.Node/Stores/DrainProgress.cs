using System.Text.Json;
using System.Text.Json.Serialization;
using Veil.Storage.Segments;

namespace Veil.Node.Stores;

/// <summary>How far a drain is, as it is remembered (spec/store.md, section 12). Names no block.</summary>
/// <param name="Segment">Where the next window begins: number of the segment.</param>
/// <param name="Slot">The slot in it.</param>
/// <param name="Pass">From 1 on.</param>
/// <param name="Started">Unix seconds.</param>
/// <param name="Handed">Blocks of this pass that another store has.</param>
/// <param name="Left">Blocks of this pass that no store took.</param>
/// <param name="Done">Whether other stores have all of it: the node may be stopped.</param>
internal sealed record DrainProgress(
    uint Segment,
    int Slot,
    int Pass,
    long Started,
    long Handed,
    long Left,
    bool Done)
{
    /// <summary>Whether all that can be done for records of names is done.</summary>
    public bool RecordsDone { get; init; }

    /// <summary>Records of names that were handed over.</summary>
    public long RecordsHanded { get; init; }

    /// <summary>Those that no store took, so far.</summary>
    public long RecordsLeft { get; init; }

    /// <summary>Where the next window begins.</summary>
    [JsonIgnore]
    internal StorePosition Position => new(Segment, Slot);

    /// <summary>A drain that begins.</summary>
    internal static DrainProgress Begin(DateTimeOffset now) => new(0, 0, 1, now.ToUnixTimeSeconds(), 0, 0, false);

    /// <summary>As it is remembered (spec/state.md, section 2).</summary>
    internal string Format() => JsonSerializer.Serialize(this, DrainJson.Default.DrainProgress);

    /// <summary>What was remembered. A drain that cannot be read begins anew: none ends unnoticed.</summary>
    internal static DrainProgress? Parse(string? text, DateTimeOffset now)
    {
        try
        {
            return text is null ? null : JsonSerializer.Deserialize(text, DrainJson.Default.DrainProgress);
        }
        catch (JsonException)
        {
            return Begin(now);
        }
    }
}

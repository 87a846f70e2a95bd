namespace Veil.Simulation.Privacy.Trunks;

/// <summary>What is fetched in which network (spec/privacy.md, section 5).</summary>
public sealed record ThirdHopSetting
{
    /// <summary>Stores; there are other relays beside them.</summary>
    public int Stores { get; init; } = 48;

    /// <summary>Relays, stores among them. Above 50, guards are no stores: a fifth at least must be none.</summary>
    public int Relays => Stores + Math.Max(8, (Stores / 4) + 1);

    /// <summary>Length of every object: lengths alone then tell nothing, which is hardest for the observer.</summary>
    public long Bytes { get; init; } = 1024 * 1024;

    /// <summary>Public keys that the observer knows.</summary>
    public int KnownKeys { get; init; } = 1000;

    /// <summary>Fetches, every other one of an object that the observer does not know; it learns from a
    /// third.</summary>
    public int Fetches { get; init; } = 60;

    /// <summary>Whether the product fetches in the simulator, or a model of it.</summary>
    public bool IsPlayed { get; init; } = true;

    /// <summary>Of the model: stores of one trunk at most.</summary>
    public int MaxEnds { get; init; } = 12;

    /// <summary>Of the model: trunks that a group spreads over.</summary>
    public int Spread { get; init; } = 3;
}

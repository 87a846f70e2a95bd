namespace Veil.Directory;

/// <summary>
/// Parameters that the directory itself reads (spec/directory.md, section 5), with the values that hold where the
/// authorities set none.
/// </summary>
public static class NetworkParameters
{
    /// <summary>Epochs from a store's admission until it stands on the ring.</summary>
    public const string StoreProbation = "store.probation";

    /// <summary>A day at hourly epochs: joining just before a publication must not pay.</summary>
    public const ulong DefaultStoreProbation = 24;

    /// <summary>Epochs from a relay's admission until it may be a guard.</summary>
    public const string GuardProbation = "guard.probation";

    /// <summary>A week at hourly epochs.</summary>
    public const ulong DefaultGuardProbation = 168;

    /// <summary>Epochs for which the place of a store that is away is kept for it.</summary>
    public const string RingMemory = "ring.memory";

    /// <summary>Thirty days at hourly epochs.</summary>
    public const ulong DefaultRingMemory = 720;

    /// <summary>The largest weight that a claim of bandwidth gives, KiB/s: claims are cheap.</summary>
    public const string WeightCap = "weight.cap";

    /// <summary>100 MiB/s.</summary>
    public const ulong DefaultWeightCap = 100 * 1024;

    /// <summary>What a network has from the start: probation everywhere except in a lab.</summary>
    public static IReadOnlyDictionary<string, ulong> Initial(bool lab) => new Dictionary<string, ulong>
    {
        [StoreProbation] = lab ? 0 : DefaultStoreProbation,
        [GuardProbation] = lab ? 0 : DefaultGuardProbation,
        [RingMemory] = DefaultRingMemory,
        [WeightCap] = DefaultWeightCap,
    };
}

using NSec.Cryptography;
using Veil.Wire.Documents;

namespace Veil.Directory.Authorities;

/// <summary>What an authority needs to know of itself and its network.</summary>
public sealed record AuthorityOptions
{
    /// <summary>The network.</summary>
    public required NetworkDefinition Network { get; init; }

    /// <summary>The authority's Ed25519 key; its identity must be one of the network's. Not disposed here.</summary>
    public required Key Identity { get; init; }

    /// <summary>The parameters that it votes for; by default <see cref="NetworkParameters.Initial"/>.</summary>
    public IReadOnlyDictionary<string, ulong>? Parameters { get; init; }

    /// <summary>
    /// When it votes, as a part of the epoch. Half an epoch is for descriptors to arrive; the rest is for the round.
    /// </summary>
    public double VoteAt { get; init; } = 0.5;

    /// <summary>When it counts the votes and signs, as a part of the epoch.</summary>
    public double SignAt { get; init; } = 0.7;

    /// <summary>When it asks the others for the consensus that it could not make, as a part of the epoch.</summary>
    public double FetchAt { get; init; } = 0.9;

    /// <summary>
    /// Epochs that a descriptor counts after the one in which it was made. Relays publish once an epoch, so a relay
    /// that stops is delisted after this many.
    /// </summary>
    public int DescriptorEpochs { get; init; } = 2;
}

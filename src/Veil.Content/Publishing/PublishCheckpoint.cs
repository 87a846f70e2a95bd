using Veil.Wire;

namespace Veil.Content.Publishing;

/// <summary>
/// How far a publication came, to go on from after a crash (spec/stripe.md, section 9). Secret: with it, whoever has
/// the content can tell its blocks.
/// </summary>
/// <param name="Secret">The convergence secret: with it the same bytes give the same blocks again.</param>
/// <param name="Stripes">Stripes that are stored.</param>
/// <param name="Copies">Blocks kept in copies that are stored.</param>
public sealed record PublishCheckpoint(Bytes32 Secret, StoredSoFar Stripes, StoredSoFar Copies)
{
    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(PublishCheckpoint);
}

/// <summary>The beginning of a sequence that is stored.</summary>
/// <param name="Count">How many, without a gap.</param>
/// <param name="Chain">Chain of hashes over their references: proof that the bytes are the same.</param>
/// <param name="Report">What a report says of them.</param>
public readonly record struct StoredSoFar(long Count, Bytes32 Chain, StoredReport Report)
{
    /// <summary>Nothing.</summary>
    public static StoredSoFar None => new(0, default, StoredReport.None);
}

/// <summary>What a report says of what is stored.</summary>
/// <param name="Shares">Shares and copies that there were to be.</param>
/// <param name="Acknowledged">Those that a store has.</param>
/// <param name="StoresThatMayBeLost">Whole stores, whichever, without which all of it is still there.</param>
public readonly record struct StoredReport(long Shares, long Acknowledged, int StoresThatMayBeLost)
{
    /// <summary>Of nothing.</summary>
    public static StoredReport None => new(0, 0, int.MaxValue);

    /// <summary>Of both together.</summary>
    public StoredReport With(StoredReport other) => new(
        Shares + other.Shares,
        Acknowledged + other.Acknowledged,
        Math.Min(StoresThatMayBeLost, other.StoresThatMayBeLost));
}

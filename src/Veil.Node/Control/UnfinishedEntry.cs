using Veil.Content.Publishing;
using Veil.Wire;

namespace Veil.Node.Control;

/// <summary>A publication that broke off, as it is kept.</summary>
internal sealed record UnfinishedEntry(
    string Token,
    DateTimeOffset Since,
    string Secret,
    UnfinishedPart Stripes,
    UnfinishedPart Copies)
{
    internal static UnfinishedEntry Of(string token, DateTimeOffset since, PublishCheckpoint checkpoint) => new(
        token,
        since,
        checkpoint.Secret.ToString(),
        UnfinishedPart.Of(checkpoint.Stripes),
        UnfinishedPart.Of(checkpoint.Copies));

    internal PublishCheckpoint ToCheckpoint() =>
        new(new Bytes32(Convert.FromHexString(Secret)), Stripes.ToStored(), Copies.ToStored());
}

/// <summary>A sequence of which the beginning is stored.</summary>
internal sealed record UnfinishedPart(long Count, string Chain, long Shares, long Acknowledged, int StoresMayBeLost)
{
    internal static UnfinishedPart Of(StoredSoFar stored) => new(
        stored.Count,
        stored.Chain.ToString(),
        stored.Report.Shares,
        stored.Report.Acknowledged,
        stored.Report.StoresThatMayBeLost);

    internal StoredSoFar ToStored() => new(
        Count,
        new Bytes32(Convert.FromHexString(Chain)),
        new StoredReport(Shares, Acknowledged, StoresMayBeLost));
}

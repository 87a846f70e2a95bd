using LiteDB;
using Veil.Wire;

namespace Veil.Storage.State;

/// <summary>What is kept as documents and back (spec/state.md, section 2). Times are Unix milliseconds.</summary>
internal static class KeepDocuments
{
    private const string Name = "name";
    private const string Bytes = "bytes";
    private const string Key = "repair_key";
    private const string Salt = "salt";
    private const string KeptSince = "kept_since";
    private const string RenewedUntil = "renewed_until";
    private const string NextRoundAt = "next_round_at";
    private const string LastRoundAt = "last_round_at";
    private const string LastFault = "last_fault";
    private const string Stripes = "stripes";
    private const string SharesNeeded = "shares_needed";
    private const string SharesPlaced = "shares_placed";
    private const string WorstStripe = "worst_stripe";
    private const string Healthy = "healthy";
    private const string Since = "since";

    public static BsonDocument Of(KeepEntry keep) => new()
    {
        [StateDocuments.Id] = keep.LocalId,
        [Name] = keep.Name,
        [Bytes] = keep.Bytes,
        [Key] = keep.RepairKeyText,
        [Salt] = keep.Salt.ToString(),
        [KeptSince] = StateDocuments.Milliseconds(keep.KeptSince),
        [RenewedUntil] = StateDocuments.Milliseconds(keep.RenewedUntil),
        [NextRoundAt] = StateDocuments.Milliseconds(keep.NextRoundAt),
        [LastRoundAt] = StateDocuments.Milliseconds(keep.LastRoundAt),
        [LastFault] = keep.LastFault is { } fault ? fault : BsonValue.Null,
        [Stripes] = keep.Health?.Stripes ?? 0,
        [SharesNeeded] = keep.Health?.SharesNeeded ?? 0,
        [SharesPlaced] = keep.Health?.SharesPlaced ?? 0,
        [WorstStripe] = keep.Health?.WorstStripe ?? 0,
        [Healthy] = keep.Health is { } health ? health.Healthy : BsonValue.Null,
    };

    public static KeepEntry Keep(BsonDocument document) => new(
        document[StateDocuments.Id].AsString,
        document[Name].AsString,
        document[Bytes].IsNull ? null : document[Bytes].AsInt64,
        document[Key].AsString,
        new Bytes32(Convert.FromHexString(document[Salt].AsString)),
        StateDocuments.Time(document[KeptSince]))
    {
        RenewedUntil = StateDocuments.Time(document[RenewedUntil]),
        NextRoundAt = StateDocuments.Time(document[NextRoundAt]),
        LastRoundAt = StateDocuments.TimeOrNull(document[LastRoundAt]),
        LastFault = document[LastFault].IsNull ? null : document[LastFault].AsString,
        Health = document[Healthy].IsNull ? null : new KeepHealthEntry(
            document[Stripes].AsInt64,
            document[SharesNeeded].AsInt64,
            document[SharesPlaced].AsInt64,
            document[WorstStripe].AsInt32,
            document[Healthy].AsBoolean),
    };

    public static BsonDocument Of(SilentStoreEntry store) => new()
    {
        [StateDocuments.Id] = StateDocuments.IdOf(store.Relay),
        [Since] = StateDocuments.Milliseconds(store.Since),
    };

    public static SilentStoreEntry SilentStore(BsonDocument document) =>
        new(StateDocuments.RelayOf(document), StateDocuments.Time(document[Since]));
}

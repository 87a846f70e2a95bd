using LiteDB;
using Veil.Wire;

namespace Veil.Storage.State;

/// <summary>Entries as documents and back (spec/state.md, section 2). Times are Unix milliseconds.</summary>
internal static class StateDocuments
{
    public const string Id = "_id";
    public const string Value = "value";
    private const string Order = "order";
    private const string ChosenAt = "chosen_at";
    private const string ExpiresAt = "expires_at";
    private const string UnlistedSince = "unlisted_since";
    private const string FailingSince = "failing_since";
    private const string Failures = "failures";
    private const string RestsUntil = "rests_until";
    private const string Name = "name";
    private const string Bytes = "bytes";
    private const string Key = "key";
    private const string PublishedAt = "published_at";

    public static string IdOf(RelayId relay) => relay.Value.ToString();

    public static BsonDocument Of(GuardEntry guard, int order) => new()
    {
        [Id] = IdOf(guard.Relay),
        [Order] = order,
        [ChosenAt] = Milliseconds(guard.ChosenAt),
        [ExpiresAt] = Milliseconds(guard.ExpiresAt),
        [UnlistedSince] = Milliseconds(guard.UnlistedSince),
        [FailingSince] = Milliseconds(guard.FailingSince),
        [Failures] = guard.Failures,
        [RestsUntil] = Milliseconds(guard.RestsUntil),
    };

    public static GuardEntry Guard(BsonDocument document) =>
        new(RelayOf(document), Time(document[ChosenAt]), Time(document[ExpiresAt]))
        {
            UnlistedSince = TimeOrNull(document[UnlistedSince]),
            FailingSince = TimeOrNull(document[FailingSince]),
            Failures = document[Failures].AsInt32,
            RestsUntil = TimeOrNull(document[RestsUntil]),
        };

    public static BsonDocument Of(VanguardEntry vanguard, int order) => new()
    {
        [Id] = IdOf(vanguard.Relay),
        [Order] = order,
        [ExpiresAt] = Milliseconds(vanguard.ExpiresAt),
    };

    public static VanguardEntry Vanguard(BsonDocument document) =>
        new(RelayOf(document), Time(document[ExpiresAt]));

    /// <summary>The place of a guard or second hop in its list.</summary>
    public static int OrderOf(BsonDocument document) => document[Order].AsInt32;

    public static BsonDocument Of(PublicationEntry publication) => new()
    {
        [Id] = publication.LocalId,
        [Name] = publication.Name,
        [Bytes] = publication.Bytes,
        [Key] = publication.KeyText,
        [PublishedAt] = Milliseconds(publication.PublishedAt),
    };

    public static PublicationEntry Publication(BsonDocument document) => new(
        document[Id].AsString,
        document[Name].AsString,
        document[Bytes].AsInt64,
        document[Key].AsString,
        Time(document[PublishedAt]));

    public static BsonDocument Setting(string key, string value) => new() { [Id] = key, [Value] = value };

    public static RelayId RelayOf(BsonDocument document) =>
        new(new Bytes32(Convert.FromHexString(document[Id].AsString)));

    public static BsonValue Milliseconds(DateTimeOffset? time) =>
        time is { } value ? value.ToUnixTimeMilliseconds() : BsonValue.Null;

    public static DateTimeOffset Time(BsonValue milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds.AsInt64);

    public static DateTimeOffset? TimeOrNull(BsonValue milliseconds) =>
        milliseconds.IsNull ? null : Time(milliseconds);
}

using LiteDB;
using Veil.Wire;

namespace Veil.Storage.State;

/// <summary>Entries as documents and back (spec/state.md, section 2). Times are Unix milliseconds.</summary>
internal static class StateDocuments
{
    public const string Id = "_id";
    public const string Value = "value";
    private const string Since = "since";
    private const string LastSuccess = "last_success";
    private const string Name = "name";
    private const string Bytes = "bytes";
    private const string Key = "key";
    private const string PublishedAt = "published_at";

    public static string IdOf(RelayId relay) => relay.Value.ToString();

    public static BsonDocument Of(GuardEntry guard) => new()
    {
        [Id] = IdOf(guard.Relay),
        [Since] = guard.Since.ToUnixTimeMilliseconds(),
        [LastSuccess] = guard.LastSuccess is { } time ? time.ToUnixTimeMilliseconds() : BsonValue.Null,
    };

    public static GuardEntry Guard(BsonDocument document)
    {
        var relay = new RelayId(new Bytes32(Convert.FromHexString(document[Id].AsString)));
        var lastSuccess = document[LastSuccess];
        return new GuardEntry(relay, Time(document[Since]), lastSuccess.IsNull ? null : Time(lastSuccess));
    }

    public static BsonDocument Of(PublicationEntry publication) => new()
    {
        [Id] = publication.LocalId,
        [Name] = publication.Name,
        [Bytes] = publication.Bytes,
        [Key] = publication.KeyText,
        [PublishedAt] = publication.PublishedAt.ToUnixTimeMilliseconds(),
    };

    public static PublicationEntry Publication(BsonDocument document) => new(
        document[Id].AsString,
        document[Name].AsString,
        document[Bytes].AsInt64,
        document[Key].AsString,
        Time(document[PublishedAt]));

    public static BsonDocument Setting(string key, string value) => new() { [Id] = key, [Value] = value };

    private static DateTimeOffset Time(BsonValue milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds.AsInt64);
}

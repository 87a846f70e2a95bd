using System.Text.Json.Serialization.Metadata;
using Veil.Wire.Names;

namespace Veil.Node.Control;

/// <summary>
/// The other end of what the control API does with names (spec/control.md, section 2.3). Every method throws
/// <see cref="ControlException"/>.
/// </summary>
public static class NameCalls
{
    /// <summary>What a name stands for.</summary>
    public static Task<ResolveAnswer> ResolveAsync(
        this ControlClient client, string name, CancellationToken cancellationToken) =>
        AskAsync(client, "names/resolve", name, NameJson.Default.ResolveAnswer, cancellationToken);

    /// <summary>The number that the next version of a name takes.</summary>
    public static async Task<ulong> NextAsync(
        this ControlClient client, string name, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(client, "names/next", name, NameJson.Default.NextAnswer, cancellationToken);
        return answer.Sequence;
    }

    /// <summary>Hands out what its owner has signed.</summary>
    public static Task<NamePublishAnswer> PublishAsync(
        this ControlClient client,
        string name,
        IReadOnlyList<NameRecord> records,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        var request = new NamePublishRequest(
            name, [.. records.Select(record => Convert.ToBase64String(record.Bytes.Span))]);
        return client.CallAsync(
            HttpMethod.Post,
            "names/publish",
            ControlClient.Body(request, NameJson.Default.NamePublishRequest),
            NameJson.Default.NamePublishAnswer,
            cancellationToken);
    }

    /// <summary>Follows a name from now on.</summary>
    public static Task<FollowDocument> FollowAsync(
        this ControlClient client, string name, CancellationToken cancellationToken) =>
        AskAsync(client, "follow", name, NameJson.Default.FollowDocument, cancellationToken);

    /// <summary>Follows a name no longer.</summary>
    public static Task<UnfollowAnswer> UnfollowAsync(
        this ControlClient client, string name, CancellationToken cancellationToken) =>
        AskAsync(client, "unfollow", name, NameJson.Default.UnfollowAnswer, cancellationToken);

    /// <summary>The names that are followed.</summary>
    public static Task<FollowList> ListFollowsAsync(this ControlClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.CallAsync(
            HttpMethod.Get, "follows", null, NameJson.Default.FollowList, cancellationToken);
    }

    private static Task<T> AskAsync<T>(
        ControlClient client, string path, string name, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(client);
        var body = ControlClient.Body(new NameRequest(name), NameJson.Default.NameRequest);
        return client.CallAsync(HttpMethod.Post, path, body, type, cancellationToken);
    }
}

namespace Veil.Node.Control;

/// <summary>Checking and keeping (spec/control.md, section 2.3).</summary>
public sealed partial class ControlClient
{
    /// <summary>Looks at all of some content; it may take minutes.</summary>
    /// <param name="key">A content key or a repair key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<CheckAnswer> CheckAsync(string key, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, "check", KeyBody(key), ControlJson.Default.CheckAnswer, cancellationToken);

    /// <summary>Keeps content from now on.</summary>
    public Task<KeepAnswer> KeepAsync(KeepRequest request, CancellationToken cancellationToken) => CallAsync(
        HttpMethod.Post,
        "keep",
        Body(request, ControlJson.Default.KeepRequest),
        ControlJson.Default.KeepAnswer,
        cancellationToken);

    /// <summary>What is kept.</summary>
    public Task<KeepList> ListKeepsAsync(CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Get, "keeps", null, ControlJson.Default.KeepList, cancellationToken);

    /// <summary>Keeps something no longer.</summary>
    /// <param name="keep">Its local id, its content key or its repair key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<UnkeepAnswer> UnkeepAsync(string keep, CancellationToken cancellationToken) => CallAsync(
        HttpMethod.Post,
        "unkeep",
        Body(new UnkeepRequest(keep), ControlJson.Default.UnkeepRequest),
        ControlJson.Default.UnkeepAnswer,
        cancellationToken);

    /// <summary>The repair key of what a content key opens.</summary>
    public async Task<string> GetRepairKeyAsync(string key, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            HttpMethod.Post, "repair-key", KeyBody(key), ControlJson.Default.RepairKeyAnswer, cancellationToken);
        return answer.RepairKey;
    }
}

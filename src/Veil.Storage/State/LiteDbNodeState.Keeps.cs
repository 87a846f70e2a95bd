namespace Veil.Storage.State;

/// <summary>What this node keeps alive, and which stores are silent (spec/state.md, section 2).</summary>
public sealed partial class LiteDbNodeState
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<KeepEntry>> ListKeepsAsync(CancellationToken cancellationToken) =>
        await ReadAsync(
            database => Documents(database, StateFile.Keeps, KeepDocuments.Keep)
                .OrderBy(keep => keep.KeptSince)
                .ThenBy(keep => keep.LocalId, StringComparer.Ordinal)
                .ToArray(),
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask PutKeepAsync(KeepEntry keep, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keep);
        StateLimits.RequireId(keep.LocalId);
        StateLimits.RequireText(keep.Name);
        StateLimits.RequireText(keep.RepairKeyText);
        var document = KeepDocuments.Of(keep);
        await ChangeAsync(
            database => Put(database, StateFile.Keeps, document, StateLimits.MaxKeeps), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveKeepAsync(string localId, CancellationToken cancellationToken)
    {
        StateLimits.RequireId(localId);
        return await ChangeAsync(
            database => database.GetCollection(StateFile.Keeps).Delete(localId), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SilentStoreEntry>> ListSilentStoresAsync(
        CancellationToken cancellationToken) =>
        await ReadAsync(
            database => Documents(database, StateFile.SilentStores, KeepDocuments.SilentStore).ToArray(),
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask PutSilentStoresAsync(
        IReadOnlyList<SilentStoreEntry> stores, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stores);
        StateLimits.RequireList(
            "silent stores", [.. stores.Select(store => store.Relay)], StateLimits.MaxSilentStores);
        LiteDB.BsonDocument[] documents = [.. stores.Select(KeepDocuments.Of)];
        await ChangeAsync(database => Replace(database, StateFile.SilentStores, documents), cancellationToken);
    }
}

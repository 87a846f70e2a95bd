using Veil.Storage.State;

namespace Veil.Simulation.Storage;

/// <summary>What a node of the simulation remembers. Belongs to one scheduler, hence has no locks.</summary>
public sealed class MemoryNodeState : INodeState
{
    private IReadOnlyList<GuardEntry> _guards = [];
    private IReadOnlyList<VanguardEntry> _vanguards = [];
    private readonly SortedDictionary<string, PublicationEntry> _publications = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, KeepEntry> _keeps = new(StringComparer.Ordinal);
    private IReadOnlyList<SilentStoreEntry> _silent = [];
    private readonly SortedDictionary<string, string> _settings = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<GuardEntry>> ListGuardsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(_guards);

    /// <inheritdoc/>
    public ValueTask PutGuardsAsync(IReadOnlyList<GuardEntry> guards, CancellationToken cancellationToken)
    {
        StateLimits.RequireList("guards", [.. guards.Select(guard => guard.Relay)], StateLimits.MaxGuards);
        _guards = [.. guards.Select(guard => guard with
        {
            ChosenAt = ToMilliseconds(guard.ChosenAt),
            ExpiresAt = ToMilliseconds(guard.ExpiresAt),
            UnlistedSince = ToMilliseconds(guard.UnlistedSince),
            FailingSince = ToMilliseconds(guard.FailingSince),
            RestsUntil = ToMilliseconds(guard.RestsUntil),
        })];
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<VanguardEntry>> ListVanguardsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(_vanguards);

    /// <inheritdoc/>
    public ValueTask PutVanguardsAsync(IReadOnlyList<VanguardEntry> vanguards, CancellationToken cancellationToken)
    {
        StateLimits.RequireList("second hops", [.. vanguards.Select(hop => hop.Relay)], StateLimits.MaxVanguards);
        _vanguards = [.. vanguards.Select(hop => hop with { ExpiresAt = ToMilliseconds(hop.ExpiresAt) })];
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PublicationEntry>> ListPublicationsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<PublicationEntry>>(
            [.. _publications.Values.OrderBy(publication => publication.PublishedAt)]);

    /// <inheritdoc/>
    public ValueTask PutPublicationAsync(PublicationEntry publication, CancellationToken cancellationToken)
    {
        StateLimits.RequireId(publication.LocalId);
        StateLimits.RequireText(publication.Name);
        StateLimits.RequireText(publication.KeyText);
        var kept = publication with { PublishedAt = ToMilliseconds(publication.PublishedAt) };
        Put(_publications, publication.LocalId, kept, StateLimits.MaxPublications);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemovePublicationAsync(string localId, CancellationToken cancellationToken)
    {
        StateLimits.RequireId(localId);
        return ValueTask.FromResult(_publications.Remove(localId));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<KeepEntry>> ListKeepsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<KeepEntry>>([.. _keeps.Values.OrderBy(keep => keep.KeptSince)]);

    /// <inheritdoc/>
    public ValueTask PutKeepAsync(KeepEntry keep, CancellationToken cancellationToken)
    {
        StateLimits.RequireId(keep.LocalId);
        StateLimits.RequireText(keep.Name);
        StateLimits.RequireText(keep.RepairKeyText);
        var kept = keep with
        {
            KeptSince = ToMilliseconds(keep.KeptSince),
            RenewedUntil = ToMilliseconds(keep.RenewedUntil),
            NextRoundAt = ToMilliseconds(keep.NextRoundAt),
            LastRoundAt = ToMilliseconds(keep.LastRoundAt),
        };
        Put(_keeps, keep.LocalId, kept, StateLimits.MaxKeeps);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveKeepAsync(string localId, CancellationToken cancellationToken)
    {
        StateLimits.RequireId(localId);
        return ValueTask.FromResult(_keeps.Remove(localId));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SilentStoreEntry>> ListSilentStoresAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(_silent);

    /// <inheritdoc/>
    public ValueTask PutSilentStoresAsync(
        IReadOnlyList<SilentStoreEntry> stores, CancellationToken cancellationToken)
    {
        StateLimits.RequireList(
            "silent stores", [.. stores.Select(store => store.Relay)], StateLimits.MaxSilentStores);
        _silent = [.. stores.Select(store => store with { Since = ToMilliseconds(store.Since) })];
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<string?> GetSettingAsync(string key, CancellationToken cancellationToken)
    {
        StateLimits.RequireId(key);
        return ValueTask.FromResult(_settings.GetValueOrDefault(key));
    }

    /// <inheritdoc/>
    public ValueTask SetSettingAsync(string key, string? value, CancellationToken cancellationToken)
    {
        StateLimits.RequireId(key);
        if (value is null)
        {
            _settings.Remove(key);
            return ValueTask.CompletedTask;
        }

        StateLimits.RequireText(value);
        Put(_settings, key, value, StateLimits.MaxSettings);
        return ValueTask.CompletedTask;
    }

    /// <summary>Keeps everything: a node that is started again gets the same state.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void Put<TKey, TValue>(SortedDictionary<TKey, TValue> table, TKey key, TValue value, int limit)
        where TKey : notnull
    {
        if (!table.ContainsKey(key))
        {
            StateLimits.RequireRoom("entries", table.Count, limit);
        }

        table[key] = value;
    }

    private static DateTimeOffset? ToMilliseconds(DateTimeOffset? time) =>
        time is { } value ? ToMilliseconds(value) : null;

    private static DateTimeOffset ToMilliseconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}

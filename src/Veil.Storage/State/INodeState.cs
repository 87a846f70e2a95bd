namespace Veil.Storage.State;

/// <summary>
/// The edge to what a node remembers between runs, small and rarely written (spec/state.md). In the product:
/// <c>state.db</c>; in the simulation: memory. Every change is durable when its task completes. Safe for concurrent
/// use.
/// </summary>
public interface INodeState : IAsyncDisposable
{
    /// <summary>The guards, in the order of preference in which they were put.</summary>
    ValueTask<IReadOnlyList<GuardEntry>> ListGuardsAsync(CancellationToken cancellationToken);

    /// <summary>Replaces all guards at once: after a crash there are the old ones or the new ones, never a
    /// mix.</summary>
    /// <exception cref="StateFullException">More than <see cref="StateLimits.MaxGuards"/>.</exception>
    /// <exception cref="ArgumentException">One twice.</exception>
    ValueTask PutGuardsAsync(IReadOnlyList<GuardEntry> guards, CancellationToken cancellationToken);

    /// <summary>The fixed second hops, in the order in which they were put.</summary>
    ValueTask<IReadOnlyList<VanguardEntry>> ListVanguardsAsync(CancellationToken cancellationToken);

    /// <summary>Replaces all fixed second hops at once, as <see cref="PutGuardsAsync"/> does.</summary>
    /// <exception cref="StateFullException">More than <see cref="StateLimits.MaxVanguards"/>.</exception>
    /// <exception cref="ArgumentException">One twice.</exception>
    ValueTask PutVanguardsAsync(IReadOnlyList<VanguardEntry> vanguards, CancellationToken cancellationToken);

    /// <summary>The publications, oldest first.</summary>
    ValueTask<IReadOnlyList<PublicationEntry>> ListPublicationsAsync(CancellationToken cancellationToken);

    /// <summary>Adds a publication, or replaces the one with its local id.</summary>
    /// <exception cref="StateFullException">
    /// There are <see cref="StateLimits.MaxPublications"/> others, or a text is longer than
    /// <see cref="StateLimits.MaxTextCharacters"/>.
    /// </exception>
    ValueTask PutPublicationAsync(PublicationEntry publication, CancellationToken cancellationToken);

    /// <summary>
    /// The publications that a person may mean: the one with this local id; else all with this content key; else all
    /// with this name. Upper and lower case differ. Oldest first.
    /// </summary>
    async ValueTask<IReadOnlyList<PublicationEntry>> FindPublicationsAsync(
        string text,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        var all = await ListPublicationsAsync(cancellationToken);
        Func<PublicationEntry, string>[] meanings =
            [entry => entry.LocalId, entry => entry.KeyText, entry => entry.Name];
        return meanings
            .Select(meaning =>
                all.Where(entry => string.Equals(meaning(entry), text, StringComparison.Ordinal)).ToArray())
            .FirstOrDefault(found => found.Length > 0) ?? [];
    }

    /// <summary>Forgets a publication; false when it was not there.</summary>
    ValueTask<bool> RemovePublicationAsync(string localId, CancellationToken cancellationToken);

    /// <summary>What this node keeps alive, oldest first.</summary>
    ValueTask<IReadOnlyList<KeepEntry>> ListKeepsAsync(CancellationToken cancellationToken);

    /// <summary>Adds something that is kept, or replaces the one with its local id.</summary>
    /// <exception cref="StateFullException">
    /// There are <see cref="StateLimits.MaxKeeps"/> others, or a text is longer than
    /// <see cref="StateLimits.MaxTextCharacters"/>.
    /// </exception>
    ValueTask PutKeepAsync(KeepEntry keep, CancellationToken cancellationToken);

    /// <summary>Keeps it no longer; false when it was not there.</summary>
    ValueTask<bool> RemoveKeepAsync(string localId, CancellationToken cancellationToken);

    /// <summary>Stores that have not answered this node, in no order.</summary>
    ValueTask<IReadOnlyList<SilentStoreEntry>> ListSilentStoresAsync(CancellationToken cancellationToken);

    /// <summary>Replaces all silent stores at once, as <see cref="PutGuardsAsync"/> does.</summary>
    /// <exception cref="StateFullException">More than <see cref="StateLimits.MaxSilentStores"/>.</exception>
    /// <exception cref="ArgumentException">One twice.</exception>
    ValueTask PutSilentStoresAsync(IReadOnlyList<SilentStoreEntry> stores, CancellationToken cancellationToken);

    /// <summary>A setting, or null.</summary>
    ValueTask<string?> GetSettingAsync(string key, CancellationToken cancellationToken);

    /// <summary>Sets a setting, or removes it when the value is null.</summary>
    /// <exception cref="StateFullException">
    /// There are <see cref="StateLimits.MaxSettings"/> others, or a text is longer than
    /// <see cref="StateLimits.MaxTextCharacters"/>.
    /// </exception>
    ValueTask SetSettingAsync(string key, string? value, CancellationToken cancellationToken);
}

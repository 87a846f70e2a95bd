using System.Text.Json;
using Veil.Content.Publishing;
using Veil.Links.Tasks;
using Veil.Storage;
using Veil.Storage.State;

namespace Veil.Node.Control;

/// <summary>
/// Publications that broke off, by the client's token, in the node's state (spec/control.md, section 2.1). What cannot
/// be written is not remembered, and nothing else: a publication then begins anew.
/// </summary>
internal sealed class UnfinishedPublications(INodeState? state, TimeProvider time)
{
    private const string Setting = "publications.unfinished";
    private const int MaxEntries = 32;

    // Then its first shares would end too long before its last.
    private static readonly TimeSpan _life = TimeSpan.FromDays(1);

    private readonly Turnstile _turn = new(1);

    /// <summary>Where to go on from; null where nothing is known of it.</summary>
    internal async Task<PublishCheckpoint?> FindAsync(string token, CancellationToken cancellationToken)
    {
        var entry = (await ReadAsync(cancellationToken)).Find(entry => entry.Token == token);
        return entry?.ToCheckpoint();
    }

    /// <summary>Remembers how far one is.</summary>
    internal Task PutAsync(string token, PublishCheckpoint checkpoint, CancellationToken cancellationToken) =>
        ChangeAsync(
            entries =>
            {
                // It began when it first was remembered, however often it broke off since.
                var now = time.GetUtcNow();
                var since = entries.Find(entry => entry.Token == token)?.Since ?? now;
                entries.RemoveAll(entry => entry.Token == token);
                entries.Add(UnfinishedEntry.Of(token, since, checkpoint));
                entries.RemoveRange(0, Math.Max(0, entries.Count - MaxEntries));
            },
            cancellationToken);

    /// <summary>Forgets one.</summary>
    internal Task RemoveAsync(string token, CancellationToken cancellationToken) =>
        ChangeAsync(entries => entries.RemoveAll(entry => entry.Token == token), cancellationToken);

    private async Task ChangeAsync(Action<List<UnfinishedEntry>> change, CancellationToken cancellationToken)
    {
        if (state is null)
        {
            return;
        }

        await _turn.EnterAsync(cancellationToken);
        try
        {
            var entries = await ReadAsync(cancellationToken);
            change(entries);
            string? text = entries.Count == 0
                ? null
                : JsonSerializer.Serialize(entries, UnfinishedJson.Default.ListUnfinishedEntry);
            await state.SetSettingAsync(Setting, text, cancellationToken);
        }
        catch (Exception failure) when (failure is StateFullException or StorageException or IOException)
        {
            // The disk is full, or the like: what it is for is to spare work.
        }
        finally
        {
            _turn.Leave();
        }
    }

    private async Task<List<UnfinishedEntry>> ReadAsync(CancellationToken cancellationToken)
    {
        if (state is null || await state.GetSettingAsync(Setting, cancellationToken) is not { } text)
        {
            return [];
        }

        try
        {
            var entries = JsonSerializer.Deserialize(text, UnfinishedJson.Default.ListUnfinishedEntry) ?? [];
            entries.RemoveAll(entry => time.GetUtcNow() - entry.Since > _life);
            return entries;
        }
        catch (JsonException)
        {
            // Of another version.
            return [];
        }
    }
}

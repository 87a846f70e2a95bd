using LiteDB;
using Veil.Storage.Segments;
using Veil.Storage.Threads;

namespace Veil.Storage.State;

/// <summary>
/// What a node remembers, in <c>state.db</c> (spec/state.md): one thread owns the database, takes all that waits into
/// one transaction, and answers when it is on disk.
/// </summary>
public sealed partial class LiteDbNodeState : INodeState
{
    private const int QueueCapacity = 256;
    private const int MaxBatch = 64;

    // The largest batch, 64 texts of 64 Ki characters at 3 bytes, in the log and in the file.
    internal const long ReserveBytes = 32L * 1024 * 1024;

    private readonly DedicatedWorkers<StateWork> _worker;

    // Of the worker's thread.
    private readonly string _path;
    private StateFile? _file;

    private LiteDbNodeState(string path)
    {
        _path = path;
        _worker = new DedicatedWorkers<StateWork>(
            "veil-state", new WorkerBounds(Threads: 1, QueueCapacity, MaxBatch), Process, Close);
    }

    /// <summary>Opens the file or makes a new one.</summary>
    /// <exception cref="StorageException">
    /// It is in use, foreign, damaged or newer, and was not changed; or the disk failed.
    /// </exception>
    public static async Task<LiteDbNodeState> OpenAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var state = new LiteDbNodeState(path);
        try
        {
            await state.ReadAsync(database => true, cancellationToken);
            return state;
        }
        catch
        {
            await state.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<GuardEntry>> ListGuardsAsync(CancellationToken cancellationToken) =>
        await ReadAsync(database => Ordered(database, StateFile.Guards, StateDocuments.Guard), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask PutGuardsAsync(IReadOnlyList<GuardEntry> guards, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(guards);
        StateLimits.RequireList("guards", [.. guards.Select(guard => guard.Relay)], StateLimits.MaxGuards);
        BsonDocument[] documents = [.. guards.Select(StateDocuments.Of)];
        await ChangeAsync(database => Replace(database, StateFile.Guards, documents), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<VanguardEntry>> ListVanguardsAsync(CancellationToken cancellationToken) =>
        await ReadAsync(database => Ordered(database, StateFile.Vanguards, StateDocuments.Vanguard), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask PutVanguardsAsync(
        IReadOnlyList<VanguardEntry> vanguards, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(vanguards);
        StateLimits.RequireList("second hops", [.. vanguards.Select(hop => hop.Relay)], StateLimits.MaxVanguards);
        BsonDocument[] documents = [.. vanguards.Select(StateDocuments.Of)];
        await ChangeAsync(database => Replace(database, StateFile.Vanguards, documents), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<PublicationEntry>> ListPublicationsAsync(
        CancellationToken cancellationToken) =>
        await ReadAsync(
            database => Documents(database, StateFile.Publications, StateDocuments.Publication)
                .OrderBy(publication => publication.PublishedAt)
                .ThenBy(publication => publication.LocalId, StringComparer.Ordinal)
                .ToArray(),
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask PutPublicationAsync(PublicationEntry publication, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(publication);
        StateLimits.RequireId(publication.LocalId);
        StateLimits.RequireText(publication.Name);
        StateLimits.RequireText(publication.KeyText);
        var document = StateDocuments.Of(publication);
        await ChangeAsync(
            database => Put(database, StateFile.Publications, document, StateLimits.MaxPublications),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemovePublicationAsync(string localId, CancellationToken cancellationToken)
    {
        StateLimits.RequireId(localId);
        return await ChangeAsync(
            database => database.GetCollection(StateFile.Publications).Delete(localId), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<string?> GetSettingAsync(string key, CancellationToken cancellationToken)
    {
        StateLimits.RequireId(key);
        return await ReadAsync(
            database => database.GetCollection(StateFile.Settings).FindById(key)?[StateDocuments.Value].AsString,
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask SetSettingAsync(string key, string? value, CancellationToken cancellationToken)
    {
        StateLimits.RequireId(key);
        if (value is null)
        {
            await ChangeAsync(database => database.GetCollection(StateFile.Settings).Delete(key), cancellationToken);
            return;
        }

        StateLimits.RequireText(value);
        var document = StateDocuments.Setting(key, value);
        await ChangeAsync(
            database => Put(database, StateFile.Settings, document, StateLimits.MaxSettings), cancellationToken);
    }

    /// <summary>Completes what was asked before, then closes the file. Idempotent.</summary>
    public ValueTask DisposeAsync() => _worker.DisposeAsync();

    private static IEnumerable<T> Documents<T>(LiteDatabase database, string collection, Func<BsonDocument, T> read) =>
        database.GetCollection(collection).FindAll().Select(read);

    private static T[] Ordered<T>(LiteDatabase database, string collection, Func<BsonDocument, T> read) =>
        [.. database.GetCollection(collection).FindAll().OrderBy(StateDocuments.OrderOf).Select(read)];

    // Within the transaction of the batch: all of them or none.
    private static bool Replace(LiteDatabase database, string name, BsonDocument[] documents)
    {
        var collection = database.GetCollection(name);
        collection.DeleteAll();
        collection.Insert(documents);
        return true;
    }

    private static bool Put(LiteDatabase database, string name, BsonDocument document, int limit)
    {
        var collection = database.GetCollection(name);
        if (!collection.Update(document))
        {
            StateLimits.RequireRoom(name, collection.Count(), limit);
            collection.Insert(document);
        }

        return true;
    }

    private ValueTask<TResult> ReadAsync<TResult>(
        Func<LiteDatabase, TResult> work,
        CancellationToken cancellationToken) =>
        RunAsync(new StateWork<TResult>(work, isChange: false), cancellationToken);

    private ValueTask<TResult> ChangeAsync<TResult>(
        Func<LiteDatabase, TResult> work,
        CancellationToken cancellationToken) =>
        RunAsync(new StateWork<TResult>(work, isChange: true), cancellationToken);

    private async ValueTask<TResult> RunAsync<TResult>(
        StateWork<TResult> item,
        CancellationToken cancellationToken)
    {
        await _worker.EnqueueAsync(item, cancellationToken);
        return await item.Done;
    }

    private void Process(IReadOnlyList<StateWork> batch)
    {
        try
        {
            _file ??= StateFile.Open(_path);
        }
        catch (Exception exception)
        {
            FailAll(batch, exception);
            return;
        }

        batch = RefuseWithoutSpace(batch);
        try
        {
            if (!TryRunTogether(_file.Database, batch))
            {
                // One of them does not work, and took the transaction with it: each for itself.
                foreach (var work in batch)
                {
                    RunAlone(_file.Database, work);
                }
            }
        }
        catch (Exception exception)
        {
            FailAll(batch, exception);
            Reopen();
        }
    }

    /// <summary>
    /// LiteDB waits for itself for ever when its log meets a full disk, so it must not come to that.
    /// </summary>
    private IReadOnlyList<StateWork> RefuseWithoutSpace(IReadOnlyList<StateWork> batch)
    {
        if (!batch.Any(work => work.IsChange) || FreeSpace.Of(FolderName) >= ReserveBytes)
        {
            return batch;
        }

        FailAll([.. batch.Where(work => work.IsChange)], DiskFault.ForState(FolderName, ReserveBytes));
        return [.. batch.Where(work => !work.IsChange)];
    }

    private void FailAll(IReadOnlyList<StateWork> batch, Exception exception)
    {
        var told = DiskFault.Is(exception) ? DiskFault.Of(exception, FolderName) : exception;
        foreach (var work in batch)
        {
            work.Fail(told);
        }
    }

    /// <summary>
    /// LiteDB closes itself for good when the disk refuses it. What was answered is in the file or its log, so the next
    /// change opens it anew, and finds out whether the disk has recovered.
    /// </summary>
    private void Reopen()
    {
        var file = _file;
        _file = null;
        try
        {
            file?.Dispose();
        }
        catch (Exception exception) when (exception is LiteException || DiskFault.Is(exception))
        {
            // Closing writes, too, and the disk refuses that; the log keeps it for the next opening.
        }
    }

    private static bool TryRunTogether(LiteDatabase database, IReadOnlyList<StateWork> batch)
    {
        try
        {
            database.BeginTrans();
            foreach (var work in batch)
            {
                work.Run(database);
            }

            End(database, batch.Any(work => work.IsChange));
        }
        catch (Exception exception) when (!IsOfDisk(exception))
        {
            database.Rollback();
            return false;
        }

        foreach (var work in batch)
        {
            work.Complete();
        }

        return true;
    }

    private static void RunAlone(LiteDatabase database, StateWork work)
    {
        try
        {
            database.BeginTrans();
            work.Run(database);
            End(database, work.IsChange);
        }
        catch (Exception exception) when (!IsOfDisk(exception))
        {
            database.Rollback();
            work.Fail(exception);
            return;
        }

        work.Complete();
    }

    private string FolderName => Path.GetDirectoryName(Path.GetFullPath(_path))!;

    // After these the database is closed, or must be taken for it.
    private static bool IsOfDisk(Exception exception) => exception is LiteException || DiskFault.Is(exception);

    /// <summary>LiteDB flushes its log in its own time; a checkpoint waits for that, and empties it.</summary>
    private static void End(LiteDatabase database, bool hasChanged)
    {
        database.Commit();
        if (hasChanged)
        {
            database.Checkpoint();
        }
    }

    private void Close() => _file?.Dispose();
}

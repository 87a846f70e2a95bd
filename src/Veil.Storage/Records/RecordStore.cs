using Veil.Storage.Segments;
using Veil.Storage.Threads;
using Veil.Wire.Names;

namespace Veil.Storage.Records;

/// <summary>
/// The records of names that a store keeps (spec/store.md, section 9): in memory, and durable in a file for each day.
/// One thread writes; whoever reads waits for no disk. Safe for concurrent use.
/// </summary>
public sealed class RecordStore : IAsyncDisposable
{
    private const int QueueCapacity = 256;
    private const int MaxBatch = 64;
    private const long LeastFreeBytes = 32L * 1024 * 1024;

    // Superseded records are written over when they are more than the live ones and this.
    private const int SpareSlots = 256;

    private readonly RecordStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly DedicatedWorkers<PutRecordWork> _writer;
    private readonly Lock _lock = new();

    // Changed by the writer only, under the lock; read by others under the lock.
    private readonly Dictionary<NameDay, DayRecords> _days = [];

    // Of the writer.
    private readonly Dictionary<NameDay, DayFile> _files = [];

    private RecordStore(RecordStoreOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _writer = new DedicatedWorkers<PutRecordWork>(
            "veil-records", new WorkerBounds(Threads: 1, QueueCapacity, MaxBatch), Process);
    }

    /// <summary>Names that have a record, each counted once a day.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _days.Values.Sum(day => day.Count);
            }
        }
    }

    private NameDay Today => NameDay.Of(_time.GetUtcNow());

    /// <summary>Opens the folder and reads what is in it; days that are over go.</summary>
    /// <exception cref="StorageException">The folder cannot be used.</exception>
    public static async Task<RecordStore> OpenAsync(
        RecordStoreOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxPerDay);
        var store = new RecordStore(options, time);
        try
        {
            var opening = PutRecordWork.Opening();
            await store._writer.EnqueueAsync(opening, cancellationToken);
            await opening.Done.Task;
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>All records of days that are not over, in no order.</summary>
    public IReadOnlyList<NameRecord> List()
    {
        var today = Today;
        lock (_lock)
        {
            return [.. _days.Where(day => NameRecordLayout.IsKept(day.Key, today)).SelectMany(day => day.Value.All)];
        }
    }

    /// <summary>What is kept under a key: nothing, a record, or two that are a fork.</summary>
    public (NameRecord? First, NameRecord? Second) Find(BlindedKey key)
    {
        var today = Today;
        lock (_lock)
        {
            foreach (var (day, records) in _days)
            {
                if (NameRecordLayout.IsKept(day, today) && records.Find(key) is { First: not null } found)
                {
                    return found;
                }
            }
        }

        return default;
    }

    /// <summary>Keeps a record; durable when the task completes with <see cref="RecordOutcome.Stored"/>.</summary>
    /// <param name="record">Its signature holds.</param>
    /// <param name="cancellationToken">Gives up while it waits for its turn.</param>
    public async ValueTask<RecordOutcome> PutAsync(NameRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!NameRecordLayout.IsKept(record.Day, Today))
        {
            return RecordOutcome.WrongDay;
        }

        lock (_lock)
        {
            // What needs no disk is answered at once: that is nearly all that followers put back.
            if (_days.GetValueOrDefault(record.Day)?.Judge(record, _options.MaxPerDay) is { } known)
            {
                return known;
            }
        }

        var work = new PutRecordWork(record);
        await _writer.EnqueueAsync(work, cancellationToken);
        return await work.Done.Task;
    }

    /// <summary>Completes what was asked before. Idempotent.</summary>
    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private void Process(IReadOnlyList<PutRecordWork> batch)
    {
        foreach (var opening in batch.Where(work => work.Record is null))
        {
            Open(opening);
        }

        var today = Today;
        Expire(today);
        foreach (var day in batch.Where(work => work.Record is not null).GroupBy(work => work.Record!.Day))
        {
            if (NameRecordLayout.IsKept(day.Key, today))
            {
                Write(day.Key, [.. day]);
            }
            else
            {
                End(day, RecordOutcome.WrongDay);
            }
        }
    }

    private void Open(PutRecordWork opening)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(_options.Folder);
            }
            else
            {
                Directory.CreateDirectory(
                    _options.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            foreach (var day in DayFile.In(_options.Folder).ToArray())
            {
                var file = _files[day] = new DayFile(_options.Folder, day);
                var records = new DayRecords();
                foreach (var record in file.Read())
                {
                    if (records.Judge(record, int.MaxValue) is null)
                    {
                        records.Keep(record);
                    }
                }

                lock (_lock)
                {
                    _days[day] = records;
                }
            }

            opening.Done.SetResult(RecordOutcome.Stored);
        }
        catch (Exception fault) when (DiskFault.Is(fault))
        {
            opening.Done.SetException(DiskFault.Of(fault, _options.Folder));
        }
    }

    // One flush for all of a day's; only then are they there for readers and answered.
    private void Write(NameDay day, PutRecordWork[] works)
    {
        DayRecords records;
        lock (_lock)
        {
            records = _days.GetValueOrDefault(day) ?? new DayRecords();
        }

        var file = _files.GetValueOrDefault(day) ?? new DayFile(_options.Folder, day);
        var kept = new List<PutRecordWork>();
        var added = new DayRecords();
        foreach (var work in works)
        {
            // Two of one key in a batch: the second waits for the first to be there.
            if (added.Find(work.Record!.Key).First is not null)
            {
                continue;
            }

            if (records.Judge(work.Record, _options.MaxPerDay - added.Count) is { } outcome)
            {
                work.Done.SetResult(outcome);
                continue;
            }

            added.Keep(work.Record);
            kept.Add(work);
        }

        if (kept.Count > 0)
        {
            Keep(day, records, file, kept);
        }

        PutRecordWork[] left = [.. works.Where(work => !work.Done.Task.IsCompleted)];
        if (left.Length > 0)
        {
            Write(day, left);
        }
    }

    private void Keep(NameDay day, DayRecords records, DayFile file, List<PutRecordWork> kept)
    {
        RecordOutcome outcome;
        try
        {
            if (FreeSpace.Of(_options.Folder) < LeastFreeBytes)
            {
                End(kept, RecordOutcome.Full);
                return;
            }

            if (file.Slots > (2 * records.Count) + SpareSlots)
            {
                file.Replace(records.All);
            }

            file.Append([.. kept.Select(work => work.Record!)]);
            outcome = RecordOutcome.Stored;
        }
        catch (Exception fault) when (DiskFault.Is(fault))
        {
            End(kept, fault is IOException full && DiskFull.Is(full) ? RecordOutcome.Full : RecordOutcome.Failed);
            return;
        }

        lock (_lock)
        {
            kept.ForEach(work => records.Keep(work.Record!));
            _days[day] = records;
        }

        _files[day] = file;
        End(kept, outcome);
    }

    private void Expire(NameDay today)
    {
        foreach (var (day, file) in _files.Where(entry => !NameRecordLayout.IsKept(entry.Key, today)).ToArray())
        {
            // A clock that is wrong for a while must not cost what is still to come.
            if (day > today)
            {
                continue;
            }

            lock (_lock)
            {
                _days.Remove(day);
            }

            _files.Remove(day);
            try
            {
                file.Delete();
            }
            catch (Exception fault) when (DiskFault.Is(fault))
            {
                // It is served no more, and goes at the next opening.
            }
        }
    }

    private static void End(IEnumerable<PutRecordWork> works, RecordOutcome outcome)
    {
        foreach (var work in works)
        {
            work.Done.TrySetResult(outcome);
        }
    }
}

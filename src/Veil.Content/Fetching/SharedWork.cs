using Veil.Content.Transfers;

namespace Veil.Content.Fetching;

/// <summary>
/// Work that several callers may want, done once and its results kept: at most <paramref name="capacity"/> of them, the
/// least lately used go first. Callers that give up do not stop the work; disposing does, and waits for it.
/// Safe for concurrent use.
/// </summary>
/// <param name="capacity">Results and work under way.</param>
/// <param name="work">Does it.</param>
/// <param name="hold">Told of each result that is handed out, before it can be forgotten; false where it was.</param>
/// <param name="forget">Told of each result that is kept no more.</param>
internal sealed class SharedWork<TKey, TValue>(
    int capacity,
    Func<TKey, CancellationToken, Task<TValue>> work,
    Func<TValue, bool>? hold = null,
    Action<TValue>? forget = null)
    : IAsyncDisposable
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private readonly CancellationTokenSource _stop = new();
    private bool _disposed;

    /// <summary>
    /// The result, from memory or by doing the work. A failure is told to those who wait, and not kept.
    /// </summary>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public async Task<TValue> GetAsync(TKey key, CancellationToken cancellationToken)
    {
        var entry = Find(key, isWanted: true)!;
        try
        {
            var result = await entry.Result.WaitAsync(cancellationToken);
            ObjectDisposedException.ThrowIf(hold?.Invoke(result) == false, this);
            return result;
        }
        finally
        {
            lock (_lock) entry.Waiting--;
        }
    }

    /// <summary>Starts the work if there is room for its result; whoever gets it meets its failure.</summary>
    public void Prefetch(TKey key) => Find(key, isWanted: false);

    /// <summary>Stops what runs and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<TValue>[] running;
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
            running = [.. _byUse.Select(entry => entry.Result)];
        }

        _stop.Cancel();
        foreach (var task in running)
        {
            await TaskWindow.Settle(task);
            Forget(task);
        }

        _stop.Dispose();
    }

    private Entry? Find(TKey key, bool isWanted)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_entries.TryGetValue(key, out var known))
            {
                _byUse.Remove(known);
                if (!known.Value.Result.IsFaulted)
                {
                    _byUse.AddLast(known);
                    known.Value.Waiting += isWanted ? 1 : 0;
                    return known.Value;
                }

                // Those who waited have met the failure; whoever comes later tries again.
                _ = known.Value.Result.Exception;
                _entries.Remove(key);
            }

            // Demand goes beyond the capacity where all of it still runs: each caller waits for one at a time.
            if (!MakeRoom() && !isWanted) return null;
            var entry = new Entry(key, RunAsync(key)) { Waiting = isWanted ? 1 : 0 };
            _entries[key] = _byUse.AddLast(entry);
            return entry;
        }
    }

    private async Task<TValue> RunAsync(TKey key)
    {
        // The work itself may ask for more work, so it starts after the lock is left, on the same scheduler.
        await Task.Yield();
        return await work(key, _stop.Token);
    }

    private bool MakeRoom()
    {
        for (var entry = _byUse.First; entry is not null && _entries.Count >= capacity;)
        {
            var next = entry.Next;
            if (entry.Value is { Result.IsCompleted: true, Waiting: 0 })
            {
                Forget(entry.Value.Result);
                _entries.Remove(entry.Value.Key);
                _byUse.Remove(entry);
            }

            entry = next;
        }

        return _entries.Count < capacity;
    }

    private void Forget(Task<TValue> done)
    {
        _ = done.Exception;
        if (done.IsCompletedSuccessfully) forget?.Invoke(done.Result);
    }

    private sealed class Entry(TKey key, Task<TValue> result)
    {
        public TKey Key { get; } = key;

        public Task<TValue> Result { get; } = result;

        /// <summary>Callers who wait for it, or are about to take it. Under the lock.</summary>
        public int Waiting { get; set; }
    }
}

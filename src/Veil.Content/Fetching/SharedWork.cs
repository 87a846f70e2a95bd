using Veil.Content.Transfers;

namespace Veil.Content.Fetching;

/// <summary>
/// Work that several callers may want, done once and its results kept: at most <paramref name="capacity"/> of them, the
/// least lately used go first. Callers that give up do not stop the work; disposing does, and waits for it.
/// Safe for concurrent use.
/// </summary>
/// <param name="capacity">Results and work under way.</param>
/// <param name="work">Does it.</param>
/// <param name="forget">Told of each result that is kept no more.</param>
internal sealed class SharedWork<TKey, TValue>(
    int capacity,
    Func<TKey, CancellationToken, Task<TValue>> work,
    Action<TValue>? forget = null)
    : IAsyncDisposable
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, Task<TValue> Result)>> _entries = [];
    private readonly LinkedList<(TKey Key, Task<TValue> Result)> _byUse = new();
    private readonly CancellationTokenSource _stop = new();
    private bool _disposed;

    /// <summary>
    /// The result, from memory or by doing the work. A failure is told to those who wait, and not kept.
    /// </summary>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public async Task<TValue> GetAsync(TKey key, CancellationToken cancellationToken) =>
        await Find(key, start: true)!.WaitAsync(cancellationToken);

    /// <summary>Starts the work if there is room for its result; whoever gets it meets its failure.</summary>
    public void Prefetch(TKey key) => Find(key, start: false);

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

    private Task<TValue>? Find(TKey key, bool start)
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
                    return known.Value.Result;
                }

                // Those who waited have met the failure; whoever comes later tries again.
                _ = known.Value.Result.Exception;
                _entries.Remove(key);
            }

            // Demand goes beyond the capacity where all of it still runs: each caller waits for one at a time.
            if (!MakeRoom() && !start) return null;
            var result = RunAsync(key);
            _entries[key] = _byUse.AddLast((key, result));
            return result;
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
            if (entry.Value.Result.IsCompleted)
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
}

using System.Diagnostics;

namespace Veil.Storage.Threads;

/// <summary>
/// Blocking work on threads of its own, never on the pool: a bounded queue, and one or more threads that take all
/// that waits (up to a bound) and process it together.
/// </summary>
/// <typeparam name="TWork">One piece of work; whoever processes it also completes it.</typeparam>
internal sealed class DedicatedWorkers<TWork> : IAsyncDisposable
{
    private readonly Action<IReadOnlyList<TWork>> _process;
    private readonly Action? _end;
    private readonly int _maxBatch;
    private readonly BatchPace? _pace;
    private readonly SemaphoreSlim _places;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by itself.
    private readonly Queue<TWork> _queue = new();
    private bool _completed;
    private int _running;

    /// <summary>Starts the threads.</summary>
    /// <param name="name">The threads' name.</param>
    /// <param name="bounds">How many threads, how long the queue, how much at once.</param>
    /// <param name="process">Runs on the threads and must not throw: an exception here ends the process.</param>
    /// <param name="end">Runs once, on the last thread, when all work is done; what it throws, disposal throws.</param>
    public DedicatedWorkers(
        string name,
        WorkerBounds bounds,
        Action<IReadOnlyList<TWork>> process,
        Action? end = null)
    {
        _process = process;
        _end = end;
        _maxBatch = bounds.MaxBatch;
        _pace = bounds.Pace;
        Debug.Assert(_pace is null || bounds.Threads == 1, "a pace is one thread's");
        _places = new SemaphoreSlim(bounds.QueueCapacity, bounds.QueueCapacity);
        _running = bounds.Threads;
        for (var index = 0; index < bounds.Threads; index++)
        {
            new Thread(Run) { IsBackground = true, Name = name }.Start();
        }
    }

    /// <summary>Queues the work, first waiting for a place in the queue.</summary>
    /// <exception cref="ObjectDisposedException">The owner is being disposed.</exception>
    public async ValueTask EnqueueAsync(TWork work, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        lock (_queue)
        {
            if (!_completed)
            {
                _queue.Enqueue(work);

                // A thread that gathers is left alone until it waits for nothing more.
                if (_pace is null || _queue.Count == 1 || _queue.Count >= _maxBatch)
                {
                    Monitor.Pulse(_queue);
                }

                return;
            }
        }

        _places.Release();
        throw new ObjectDisposedException(GetType().Name);
    }

    /// <summary>Takes no more work, completes what is queued, and ends the threads. Idempotent.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_queue)
        {
            _completed = true;
            Monitor.PulseAll(_queue);
        }

        // The semaphore is left to the collector: callers may still be waiting in it, and have to be told.
        await _ended.Task;
    }

    private void Run()
    {
        var batch = new List<TWork>(_maxBatch);
        while (Take(batch))
        {
            _process(batch);
            batch.Clear();
        }

        if (Interlocked.Decrement(ref _running) == 0)
        {
            try
            {
                _end?.Invoke();
                _ended.SetResult();
            }
            catch (Exception exception)
            {
                _ended.SetException(exception);
            }
        }
    }

    private bool Take(List<TWork> batch)
    {
        lock (_queue)
        {
            while (_queue.Count == 0)
            {
                if (_completed)
                {
                    return false;
                }

                Monitor.Wait(_queue);
            }

            Gather();
            while (batch.Count < _maxBatch && _queue.TryDequeue(out var work))
            {
                batch.Add(work);
            }
        }

        _places.Release(batch.Count);
        return true;
    }

    // With the queue locked, except while it waits.
    private void Gather()
    {
        if (_pace is null)
        {
            return;
        }

        while (_queue.Count < _maxBatch && !_completed && _pace.Left() is var left && left > TimeSpan.Zero)
        {
            Monitor.Wait(_queue, left);
        }

        _pace.Begin();
    }
}

/// <summary>The bounds of one queue with its threads.</summary>
/// <param name="Threads">Threads that take from the queue.</param>
/// <param name="QueueCapacity">Pieces of work that wait; further callers wait for a place.</param>
/// <param name="MaxBatch">The most that a thread takes at once.</param>
/// <param name="Pace">How often the one thread takes less than that; null: whenever anything waits.</param>
internal readonly record struct WorkerBounds(int Threads, int QueueCapacity, int MaxBatch, BatchPace? Pace = null);

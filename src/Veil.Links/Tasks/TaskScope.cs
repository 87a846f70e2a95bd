namespace Veil.Links.Tasks;

/// <summary>
/// Owns background tasks: each is awaited when the scope is disposed, and a failure is reported, never lost.
/// Tasks start on the caller's scheduler and run there up to their first wait.
/// </summary>
public sealed class TaskScope : IAsyncDisposable
{
    private readonly Action<Exception> _onFault;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _tasks = [];
    private bool _stopped;

    /// <summary>Makes an empty scope.</summary>
    /// <param name="onFault">Told of every exception that a task ends with, except cancellation.</param>
    public TaskScope(Action<Exception> onFault) => _onFault = onFault;

    /// <summary>Cancelled when the scope is disposed.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Tasks that have not ended.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _tasks.Count;
            }
        }
    }

    /// <summary>Starts work unless the scope has stopped.</summary>
    /// <returns>False when the scope has stopped: the work was not started.</returns>
    public bool Start(Func<CancellationToken, Task> work)
    {
        lock (_lock)
        {
            if (_stopped)
            {
                return false;
            }
        }

        Task task = GuardAsync(work);
        lock (_lock)
        {
            _tasks.Add(task);
            _tasks.RemoveWhere(static ended => ended.IsCompleted);
        }

        return true;
    }

    /// <summary>Cancels <see cref="Stopping"/> and awaits every task. Idempotent.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] left;
        lock (_lock)
        {
            _stopped = true;
        }

        _stopping.Cancel();
        do
        {
            lock (_lock)
            {
                left = [.. _tasks];
                _tasks.Clear();
            }

            await Task.WhenAll(left);
        }
        while (left.Length > 0);
    }

    private async Task GuardAsync(Func<CancellationToken, Task> work)
    {
        try
        {
            await work(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The scope itself asked for it.
        }
#pragma warning disable CA1031 // The scope is where exceptions of background work end: reported, not swallowed.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _onFault(fault);
        }
    }
}

namespace Veil.Links.Tasks;

/// <summary>
/// Owns background tasks: each is awaited when the scope is disposed, and a failure is reported, never lost.
/// Tasks start on the caller's scheduler and run there up to their first wait.
/// </summary>
public sealed class TaskScope : IAsyncDisposable
{
    private readonly Action<Exception> _onFault;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private int _count;
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
                return _count;
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

            // Counted before it runs, so that a scope that stops meanwhile waits for it.
            _count++;
        }

        _ = GuardAsync(work);
        return true;
    }

    /// <summary>Cancels <see cref="Stopping"/> and awaits every task. Idempotent; every caller waits.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _stopped = true;
            if (_count == 0)
            {
                _empty.TrySetResult();
            }
        }

        _stopping.Cancel();
        await _empty.Task;
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
        finally
        {
            lock (_lock)
            {
                _count--;
                if (_stopped && _count == 0)
                {
                    _empty.TrySetResult();
                }
            }
        }
    }
}

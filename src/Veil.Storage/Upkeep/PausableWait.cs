namespace Veil.Storage.Upkeep;

/// <summary>A wait that ends early when it is told to. One waits, anybody wakes.</summary>
internal sealed class PausableWait(TimeProvider time)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _wake = New();

    /// <summary>Ends the wait that goes on, or the next one.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            _wake.TrySetResult();
        }
    }

    /// <summary>Waits for so long at most.</summary>
    public async Task WaitAsync(TimeSpan most, CancellationToken cancellationToken)
    {
        Task woken;
        lock (_lock)
        {
            woken = _wake.Task;
        }

        if (most > TimeSpan.Zero && !woken.IsCompleted)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(woken, Task.Delay(most, time, end.Token));
            end.Cancel();
        }

        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_wake.Task.IsCompleted)
            {
                _wake = New();
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

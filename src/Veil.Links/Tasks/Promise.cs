namespace Veil.Links.Tasks;

/// <summary>
/// A result that one task will give and one task waits for. The waiter is resumed on its own scheduler, never inside
/// the
/// giver; that is what Task.WaitAsync on a source with asynchronous continuations fails to do: it resumes on the pool.
/// </summary>
public sealed class Promise<T>
{
    private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gives the result; the first outcome counts.</summary>
    public bool TryKeep(T result) => _source.TrySetResult(result);

    /// <summary>Breaks the promise; the first outcome counts.</summary>
    public bool TryBreak(Exception reason)
    {
        bool broken = _source.TrySetException(reason);
        _ = _source.Task.Exception;
        return broken;
    }

    /// <summary>Waits for the outcome. Giving up is an outcome, too.</summary>
    /// <exception cref="OperationCanceledException">The waiter gave up first.</exception>
    public async Task<T> WaitAsync(CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (source, token) => ((TaskCompletionSource<T>)source!).TrySetCanceled(token),
            _source);
        return await _source.Task;
    }
}

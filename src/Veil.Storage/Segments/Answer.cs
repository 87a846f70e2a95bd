namespace Veil.Storage.Segments;

/// <summary>What one of a store's threads computes for somebody who awaits it elsewhere.</summary>
internal sealed class Answer<T>(Func<T> compute)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Done => _done.Task;

    /// <summary>Computes it; what that throws is the one's to know who awaits it.</summary>
    public void Run()
    {
        try
        {
            _done.TrySetResult(compute());
        }
        catch (Exception exception)
        {
            _done.TrySetException(exception);
        }
    }

    /// <summary>Ends it with an exception, unless it has ended.</summary>
    public void Fail(Exception exception) => _done.TrySetException(exception);
}

namespace Veil.Storage.Segments;

/// <summary>Upkeep that ends with a result.</summary>
internal sealed class UpkeepWork<T>(Func<T> step) : UpkeepWork
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Done => _done.Task;

    /// <inheritdoc/>
    public override void Run()
    {
        try
        {
            _done.TrySetResult(step());
        }
        catch (Exception exception)
        {
            // The caller's to know; what was to be written besides is not touched by it.
            _done.TrySetException(exception);
        }
    }

    /// <inheritdoc/>
    public override void Fail(Exception exception) => _done.TrySetException(exception);
}

namespace Veil.Storage.Segments;

/// <summary>Reading that ends with a result.</summary>
internal sealed class ReadWork<T>(Func<T> read) : ReadWork
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Done => _done.Task;

    /// <inheritdoc/>
    public override void Run()
    {
        try
        {
            _done.TrySetResult(read());
        }
        catch (Exception exception)
        {
            _done.TrySetException(exception);
        }
    }
}

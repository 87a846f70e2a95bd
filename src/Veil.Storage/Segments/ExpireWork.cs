namespace Veil.Storage.Segments;

/// <summary>Blocks to forget.</summary>
internal sealed class ExpireWork(DateTimeOffset now) : StoreWork
{
    private readonly TaskCompletionSource<long> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DateTimeOffset Now => now;

    public Task<long> Done => _done.Task;

    public void Complete(long expired) => _done.TrySetResult(expired);

    public override void Fail(Exception exception) => _done.TrySetException(exception);
}

using Veil.Wire;

namespace Veil.Storage.Segments;

/// <summary>A block to read.</summary>
internal sealed class ReadWork(BlockRef reference, Memory<byte> destination)
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public BlockRef Reference => reference;

    public Memory<byte> Destination => destination;

    public Task<bool> Done => _done.Task;

    public void Complete(bool found) => _done.TrySetResult(found);

    public void Fail(Exception exception) => _done.TrySetException(exception);
}

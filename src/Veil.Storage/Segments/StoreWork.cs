using Veil.Storage.Blocks;
using Veil.Wire;

namespace Veil.Storage.Segments;

/// <summary>One piece of work for the writer thread.</summary>
internal abstract class StoreWork
{
    /// <summary>Ends it with an exception, unless it has ended.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>A block to keep; its reference has been checked.</summary>
internal sealed class PutWork(BlockRef reference, ReadOnlyMemory<byte> block, Lease lease) : StoreWork
{
    private readonly TaskCompletionSource<PutOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public BlockRef Reference => reference;

    public ReadOnlyMemory<byte> Block => block;

    public Lease Lease => lease;

    /// <summary>How it ends, once everything that its batch wrote is durable.</summary>
    public PutOutcome Outcome { get; set; }

    public Task<PutOutcome> Done => _done.Task;

    public void Complete() => _done.TrySetResult(Outcome);

    public override void Fail(Exception exception) => _done.TrySetException(exception);
}

/// <summary>Blocks to forget.</summary>
internal sealed class ExpireWork(DateTimeOffset now) : StoreWork
{
    private readonly TaskCompletionSource<long> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DateTimeOffset Now => now;

    public Task<long> Done => _done.Task;

    public void Complete(long expired) => _done.TrySetResult(expired);

    public override void Fail(Exception exception) => _done.TrySetException(exception);
}

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

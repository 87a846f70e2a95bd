using Veil.Storage.Blocks;
using Veil.Wire;

namespace Veil.Storage.Segments;

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

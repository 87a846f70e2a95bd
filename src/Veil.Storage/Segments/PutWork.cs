using Veil.Storage.Blocks;
using Veil.Wire;

namespace Veil.Storage.Segments;

/// <summary>A block to keep; whether it is what its reference says is still to be found out.</summary>
internal sealed class PutWork(BlockRef reference, ReadOnlyMemory<byte> block, Lease lease) : StoreWork
{
    // Who waits goes on inside Answer, not one by one: so the answers of a batch share cells.
    private readonly TaskCompletionSource<PutOutcome> _done = new();
    private Exception? _failure;

    public BlockRef Reference => reference;

    public ReadOnlyMemory<byte> Block => block;

    public Lease Lease => lease;

    /// <summary>How it ends, once everything that its batch wrote is durable.</summary>
    public PutOutcome Outcome { get; set; }

    public Task<PutOutcome> Done => _done.Task;

    /// <summary>Answers all of them in one turn of the pool.</summary>
    public static void Answer(IReadOnlyList<PutWork> puts)
    {
        if (puts.Count > 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static puts =>
                {
                    foreach (var put in puts)
                    {
                        put.Answer();
                    }
                },
                puts.ToArray(),
                preferLocal: false);
        }
    }

    public override void Fail(Exception exception)
    {
        _failure = exception;
        Answer([this]);
    }

    private void Answer() =>
        _ = _failure is { } failure ? _done.TrySetException(failure) : _done.TrySetResult(Outcome);
}

using Veil.Storage.Blocks;
using Veil.Wire;

namespace Veil.Tests.Storage;

/// <summary>A store whose reads wait for the test, and whose writes fail when the test says so.</summary>
internal sealed class GatedStore(IBlockStore inner) : IBlockStore
{
    private readonly Dictionary<BlockRef, TaskCompletionSource> _held = [];
    private readonly SemaphoreSlim _readsBegun = new(0);
    private int _readsNow;

    public long BlockCount => inner.BlockCount;

    public long Bytes => inner.Bytes;

    public long Quota => inner.Quota;

    public void SetQuota(long bytes) => inner.SetQuota(bytes);

    public Exception? Failure { get; set; }

    public int Reads { get; private set; }

    public int MostReadsAtOnce { get; private set; }

    /// <summary>Makes reads of a block wait until the source is set.</summary>
    public TaskCompletionSource Hold(BlockRef reference) =>
        _held[reference] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task WaitForReadsAsync(int count)
    {
        for (var read = 0; read < count; read++)
        {
            await _readsBegun.WaitAsync(StoreRig.Cancellation);
        }
    }

    public ValueTask<PutOutcome> PutAsync(
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        Lease lease,
        CancellationToken cancellationToken) =>
        Failure is { } failure
            ? ValueTask.FromException<PutOutcome>(failure)
            : inner.PutAsync(reference, block, lease, cancellationToken);

    public async ValueTask<bool> TryReadAsync(
        BlockRef reference,
        Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        lock (_held)
        {
            Reads++;
            MostReadsAtOnce = Math.Max(MostReadsAtOnce, ++_readsNow);
        }

        _readsBegun.Release();
        if (_held.TryGetValue(reference, out var held))
        {
            await held.Task;
        }

        lock (_held)
        {
            _readsNow--;
        }

        return await inner.TryReadAsync(reference, destination, cancellationToken);
    }

    public ValueTask<long> ExpireAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        inner.ExpireAsync(now, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _readsBegun.Dispose();
        return inner.DisposeAsync();
    }
}

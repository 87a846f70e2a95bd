using Veil.Storage.Blocks;
using Veil.Wire;

namespace Veil.Tests.Storage;

/// <summary>A store that is as full as the test says, and counts who asks it to keep something.</summary>
internal sealed class FilledStore(IBlockStore? inner = null) : IBlockStore
{
    public long BlockCount => inner?.BlockCount ?? 0;

    public long Bytes { get; set; }

    public long Quota { get; private set; } = 1_000;

    public int Puts { get; private set; }

    /// <summary>What the last PUT asked for.</summary>
    public Lease LastLease { get; private set; }

    public void SetQuota(long bytes) => Quota = bytes;

    public ValueTask<PutOutcome> PutAsync(
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        Lease lease,
        CancellationToken cancellationToken)
    {
        Puts++;
        LastLease = lease;
        return inner?.PutAsync(reference, block, lease, cancellationToken)
            ?? ValueTask.FromResult(PutOutcome.Stored);
    }

    public ValueTask<bool> TryReadAsync(
        BlockRef reference,
        Memory<byte> destination,
        CancellationToken cancellationToken) =>
        inner?.TryReadAsync(reference, destination, cancellationToken) ?? ValueTask.FromResult(false);

    public ValueTask<long> ExpireAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        inner?.ExpireAsync(now, cancellationToken) ?? ValueTask.FromResult(0L);

    public ValueTask DisposeAsync() => inner?.DisposeAsync() ?? ValueTask.CompletedTask;
}

using Veil.Storage.Blocks;
using Veil.Wire;
using Veil.Wire.Store;

namespace Veil.Simulation.Storage;

/// <summary>
/// A store of the simulation: blocks in memory, the disk's slowness in virtual time. Belongs to one scheduler, hence
/// has no locks.
/// </summary>
/// <param name="quotaBytes">As of a store on disk; counted are blocks with their headers.</param>
/// <param name="time">The simulation's clock.</param>
/// <param name="flushTime">How long a write takes to be durable.</param>
public sealed class MemoryBlockStore(long quotaBytes, TimeProvider time, TimeSpan flushTime = default) : IBlockStore
{
    /// <summary>What one block takes up: header and payload, as in a segment file.</summary>
    public const int BytesPerBlock = 64 + StoreLayout.BlockBytes;

    private readonly Dictionary<BlockRef, (byte[] Block, Lease Lease)> _blocks = [];
    private long _quota = quotaBytes;
    private bool _disposed;

    /// <inheritdoc/>
    public long BlockCount => _blocks.Count;

    /// <inheritdoc/>
    public long Bytes => BlockCount * BytesPerBlock;

    /// <inheritdoc/>
    public long Quota => _quota;

    /// <inheritdoc/>
    public void SetQuota(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        _quota = bytes;
    }

    /// <summary>The references of all blocks, in order: the same in every run.</summary>
    public IEnumerable<BlockRef> References => _blocks.Keys.Order();

    /// <inheritdoc/>
    public async ValueTask<PutOutcome> PutAsync(
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        Lease lease,
        CancellationToken cancellationToken)
    {
        RequireBlockLength(block.Length, nameof(block));
        if (lease == default)
        {
            throw new ArgumentException("a lease ends at some time", nameof(lease));
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (BlockRef.Of(block.Span) != reference)
        {
            return PutOutcome.BadReference;
        }

        // Visible only after the flush, as on disk; what others stored meanwhile counts.
        if (flushTime > TimeSpan.Zero)
        {
            await Task.Delay(flushTime, time, CancellationToken.None);
        }

        if (_blocks.TryGetValue(reference, out var stored))
        {
            _blocks[reference] = stored with { Lease = lease > stored.Lease ? lease : stored.Lease };
            return PutOutcome.AlreadyStored;
        }

        if (Bytes + BytesPerBlock > _quota)
        {
            return PutOutcome.Full;
        }

        _blocks.Add(reference, (block.ToArray(), lease));
        return PutOutcome.Stored;
    }

    /// <inheritdoc/>
    public ValueTask<bool> TryReadAsync(
        BlockRef reference,
        Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        RequireBlockLength(destination.Length, nameof(destination));
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_blocks.TryGetValue(reference, out var stored))
        {
            return ValueTask.FromResult(false);
        }

        if (BlockRef.Of(stored.Block) != reference)
        {
            _blocks.Remove(reference);
            return ValueTask.FromResult(false);
        }

        stored.Block.CopyTo(destination);
        return ValueTask.FromResult(true);
    }

    /// <inheritdoc/>
    public ValueTask<long> ExpireAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var over = _blocks.Where(entry => entry.Value.Lease.IsOver(now)).Select(entry => entry.Key).ToArray();
        foreach (var reference in over)
        {
            _blocks.Remove(reference);
        }

        return ValueTask.FromResult<long>(over.Length);
    }

    /// <summary>Flips a bit of a stored block: what a failing disk does. False when the block is not here.</summary>
    public bool Corrupt(BlockRef reference)
    {
        if (!_blocks.TryGetValue(reference, out var stored))
        {
            return false;
        }

        stored.Block[0] ^= 1;
        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        return ValueTask.CompletedTask;
    }

    private static void RequireBlockLength(int length, string name)
    {
        if (length != StoreLayout.BlockBytes)
        {
            throw new ArgumentException($"expected {StoreLayout.BlockBytes} bytes, got {length}", name);
        }
    }
}

using System.Buffers;
using System.Collections.Concurrent;

namespace Veil.Links.Tcp;

/// <summary>
/// Pinned blocks of one size for what sockets read and write and streams hold. Pinned once for good, so that the
/// kernel's copies need no pinning of their own and the collector moves nothing. Keeps a bounded number of free blocks.
/// Safe for concurrent use.
/// </summary>
/// <param name="blockBytes">Length of every block.</param>
/// <param name="keptBlocks">Free blocks kept; returned ones beyond it are left to the collector.</param>
public sealed class BlockPool(int blockBytes, int keptBlocks) : MemoryPool<byte>
{
    private readonly ConcurrentQueue<byte[]> _free = new();
    private int _freeCount;
    private int _lentCount;

    /// <inheritdoc/>
    public override int MaxBufferSize => blockBytes;

    /// <summary>Free blocks held now, never more than the bound.</summary>
    internal int FreeBlocks => Volatile.Read(ref _freeCount);

    /// <summary>Blocks in use.</summary>
    internal int LentBlocks => Volatile.Read(ref _lentCount);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">More than one block is asked for.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, blockBytes);
        if (_free.TryDequeue(out var block))
        {
            Interlocked.Decrement(ref _freeCount);
        }
        else
        {
            block = GC.AllocateUninitializedArray<byte>(blockBytes, pinned: true);
        }

        Interlocked.Increment(ref _lentCount);
        return new Lease(this, block);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _free.Clear();

    private void Return(byte[] block)
    {
        Interlocked.Decrement(ref _lentCount);
        if (Interlocked.Increment(ref _freeCount) > keptBlocks)
        {
            Interlocked.Decrement(ref _freeCount);
            return;
        }

        _free.Enqueue(block);
    }

    private sealed class Lease(BlockPool pool, byte[] block) : IMemoryOwner<byte>
    {
        private byte[]? _block = block;

        public Memory<byte> Memory => _block ?? throw new ObjectDisposedException(nameof(Lease));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _block, null) is { } block)
            {
                pool.Return(block);
            }
        }
    }
}

using Veil.Wire.Store;

namespace Veil.Storage.Serving;

/// <summary>
/// The block buffers that all streams of one store share: what they hold together is bounded, whatever the number of
/// streams (spec/store.md, section 7). Safe for concurrent use.
/// </summary>
public sealed class StoreBudget
{
    /// <summary>1,024 blocks are 32 MiB: sixteen streams that all use what they may.</summary>
    public const int DefaultBlocks = 1024;

    private readonly Lock _lock = new();
    private readonly Stack<byte[]> _free = [];
    private readonly int _blocks;
    private readonly StoreBudget? _whole;
    private int _rented;

    /// <summary>Nothing is allocated before it is needed.</summary>
    public StoreBudget(int blocks = DefaultBlocks)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blocks);
        _blocks = blocks;
    }

    /// <summary>A part of another: what it lends is the other's.</summary>
    internal StoreBudget(int blocks, StoreBudget whole)
        : this(blocks)
    {
        _whole = whole;
    }

    /// <summary>Buffers in use.</summary>
    public int Rented
    {
        get
        {
            lock (_lock)
            {
                return _rented;
            }
        }
    }

    /// <summary>A buffer of one block with unknown content, or null when all are in use.</summary>
    internal byte[]? TryRent()
    {
        lock (_lock)
        {
            if (_rented == _blocks)
            {
                return null;
            }

            if (_whole is null)
            {
                _rented++;
                return _free.TryPop(out var buffer) ? buffer : new byte[StoreLayout.BlockBytes];
            }

            var lent = _whole.TryRent();
            _rented += lent is null ? 0 : 1;
            return lent;
        }
    }

    /// <summary>Gives a buffer back; its owner does so exactly once.</summary>
    internal void Return(byte[] buffer)
    {
        lock (_lock)
        {
            _rented--;
            if (_whole is null)
            {
                _free.Push(buffer);
            }
        }

        _whole?.Return(buffer);
    }
}

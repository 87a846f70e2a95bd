using System.Buffers.Binary;
using Geralt;
using Veil.Wire;
using Veil.Wire.Seams;

namespace Veil.Storage.Segments;

/// <summary>Where a block is and until when.</summary>
/// <param name="Tag">The keyed hash of its reference.</param>
/// <param name="Position">Segment and slot.</param>
/// <param name="LeaseEnd">Unix seconds; 0 only in an empty place.</param>
internal readonly record struct IndexEntry(ulong Tag, uint Position, uint LeaseEnd);

/// <summary>
/// Which blocks there are: 16 bytes an entry, at most 40 with the free places (spec/store.md, section 5). An entry
/// names its reference by a hash under a key of this process, so that nobody can choose references that collide;
/// whoever reads the block checks the whole reference. One lock; it is held for a look-up, never for I/O.
/// </summary>
internal sealed class BlockIndex
{
    /// <summary>Parts that are swept one by one.</summary>
    public const int Parts = 1 << ShardBits;

    private const int ShardBits = 6;
    private const int KeyBytes = 32;
    private const int TagBytes = 16;

    private readonly byte[] _key = new byte[KeyBytes];
    private readonly Lock _lock = new();
    private readonly IndexShard[] _shards = new IndexShard[Parts];
    private long _count;

    /// <summary>An empty index.</summary>
    public BlockIndex(DecisionSource decisions)
    {
        decisions.Fill(_key);
        for (var index = 0; index < _shards.Length; index++)
        {
            _shards[index] = new IndexShard();
        }
    }

    /// <summary>Number of entries.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Memory of the tables in bytes.</summary>
    public long TableBytes
    {
        get
        {
            lock (_lock)
            {
                return _shards.Sum(shard => (long)shard.TableBytes);
            }
        }
    }

    /// <summary>The keyed hash that stands for the reference.</summary>
    public ulong TagOf(BlockRef reference)
    {
        Span<byte> tag = stackalloc byte[TagBytes];
        BLAKE2b.ComputeTag(tag, reference.Value.AsSpan(), _key);
        return BinaryPrimitives.ReadUInt64LittleEndian(tag);
    }

    /// <summary>The next entry with this tag.</summary>
    /// <param name="tag">Of the reference wanted.</param>
    /// <param name="cursor">0 for the first; how many with this tag to skip. Counted up on success.</param>
    /// <param name="entry">Valid only on success.</param>
    public bool TryNext(ulong tag, ref int cursor, out IndexEntry entry)
    {
        lock (_lock)
        {
            if (!ShardOf(tag).TryFind(tag, cursor, out entry))
            {
                return false;
            }
        }

        cursor++;
        return true;
    }

    /// <summary>Adds an entry beside any that has the same tag.</summary>
    public void Add(IndexEntry entry)
    {
        lock (_lock)
        {
            ShardOf(entry.Tag).Add(entry);
            _count++;
        }
    }

    /// <summary>Removes the entry with this tag and position; false when it is no longer there.</summary>
    public bool Remove(ulong tag, uint position)
    {
        lock (_lock)
        {
            if (!ShardOf(tag).Remove(tag, position))
            {
                return false;
            }

            _count--;
            return true;
        }
    }

    /// <summary>Moves the lease's end to <paramref name="leaseEnd"/> if that is later.</summary>
    public void Extend(ulong tag, uint position, uint leaseEnd)
    {
        lock (_lock)
        {
            ShardOf(tag).Extend(tag, position, leaseEnd);
        }
    }

    /// <summary>Moves the end of every lease with this tag to <paramref name="leaseEnd"/> if that is later.</summary>
    public void ExtendAll(ulong tag, uint leaseEnd)
    {
        var cursor = 0;
        while (TryNext(tag, ref cursor, out var entry))
        {
            Extend(tag, entry.Position, leaseEnd);
        }
    }

    /// <summary>Whether an entry with this tag has exactly this lease.</summary>
    public bool HasLease(ulong tag, uint leaseEnd)
    {
        var cursor = 0;
        while (TryNext(tag, ref cursor, out var entry))
        {
            if (entry.LeaseEnd == leaseEnd)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether there is an entry with this tag and position, and which.</summary>
    public bool TryGet(ulong tag, uint position, out IndexEntry entry)
    {
        var cursor = 0;
        while (TryNext(tag, ref cursor, out entry))
        {
            if (entry.Position == position)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The entry of a position, by looking at all: for what has no other name left.</summary>
    public bool TryFindAt(uint position, out IndexEntry entry)
    {
        foreach (var shard in _shards)
        {
            lock (_lock)
            {
                if (shard.TryFindAt(position, out entry))
                {
                    return true;
                }
            }
        }

        entry = default;
        return false;
    }

    /// <summary>Points an entry to another place; false when it is no longer there.</summary>
    public bool Move(ulong tag, uint from, uint to)
    {
        lock (_lock)
        {
            return ShardOf(tag).Move(tag, from, to);
        }
    }

    /// <summary>
    /// Removes, of one of the <see cref="Parts"/>, every entry whose lease ends at or before
    /// <paramref name="nowSeconds"/>, and frees memory.
    /// </summary>
    /// <param name="part">From 0 on.</param>
    /// <param name="nowSeconds">Unix seconds.</param>
    /// <param name="removed">Called for the position of each.</param>
    public long RemoveExpired(int part, long nowSeconds, Action<uint> removed)
    {
        lock (_lock)
        {
            var count = _shards[part].RemoveExpired(nowSeconds, removed);
            _count -= count;
            return count;
        }
    }

    private IndexShard ShardOf(ulong tag) => _shards[(int)(tag >> (64 - ShardBits))];
}

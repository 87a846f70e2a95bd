using System.Collections;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Veil.Noise.Native;

namespace Veil.Noise;

/// <summary>
/// Where the keys of links and circuits live: 32-byte slots in page-aligned native memory, locked against swapping
/// where the system permits it, zeroed when returned. One per process or node, not one guarded allocation per key:
/// about 16,000 of those exhaust <c>vm.max_map_count</c> (spec/handshake.md, section 8).
/// Grows by chunks of <see cref="SlotsPerChunk"/> up to its bound. Safe for concurrent use.
/// </summary>
public sealed class KeySlab : IDisposable
{
    /// <summary>Bytes of a slot.</summary>
    public const int SlotLength = 32;

    /// <summary>Slots that one growth adds: 16 KiB, four of the usual pages.</summary>
    public const int SlotsPerChunk = 512;

    /// <summary>
    /// The default bound, in slots: 2 MiB, within the usual limit of locked memory, and room for four keys each of
    /// 16,384 circuits.
    /// </summary>
    public const int DefaultCapacity = 65_536;

    private const int ChunkLength = SlotsPerChunk * SlotLength;

    private readonly Lock _lock = new();

    // All guarded by _lock; _disposed is also read without it.
    private readonly List<nint> _chunks = [];
    private readonly Stack<int> _free = new();
    private readonly BitArray _lent;
    private int _rented;
    private bool _allLocked = true;
    private bool _released;
    private volatile bool _disposed;

    /// <summary>Creates an empty slab that lends at most <paramref name="capacity"/> slots at a time.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is not positive.</exception>
    public KeySlab(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        SodiumNative.Initialise();
        Capacity = capacity;
        _lent = new BitArray(capacity);
    }

    /// <summary>The bound, in slots.</summary>
    public int Capacity { get; }

    /// <summary>Slots lent at present.</summary>
    public int Rented
    {
        get
        {
            lock (_lock)
                return _rented;
        }
    }

    /// <summary>Whether the system has locked all memory so far; false where its limit is too low.</summary>
    public bool IsMemoryLocked
    {
        get
        {
            lock (_lock)
                return _allLocked;
        }
    }

    internal bool IsDisposed => _disposed;

    /// <summary>Lends a zeroed slot; false if the bound is reached.</summary>
    /// <exception cref="ObjectDisposedException">The slab is disposed.</exception>
    public bool TryRent(out KeySlot slot)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_free.Count == 0 && !TryGrow())
            {
                slot = default;
                return false;
            }

            int index = _free.Pop();
            Debug.Assert(!_lent[index], "a free slot is not lent");
            _lent[index] = true;
            _rented++;
            slot = new KeySlot(AddressOf(index));
            Debug.Assert(!slot.DangerousBytes.ContainsAnyExcept((byte)0), "a free slot is zero");
            return true;
        }
    }

    /// <summary>Lends a zeroed slot.</summary>
    /// <exception cref="KeySlabExhaustedException">The bound is reached.</exception>
    /// <exception cref="ObjectDisposedException">The slab is disposed.</exception>
    public KeySlot Rent() => TryRent(out KeySlot slot) ? slot : throw new KeySlabExhaustedException();

    /// <summary>Zeroes a slot and takes it back. Allowed after <see cref="Dispose"/>, and expected then too.</summary>
    /// <exception cref="InvalidOperationException">
    /// The slot is not lent by this slab: returned twice, it would give two owners one key.
    /// </exception>
    public void Return(KeySlot slot)
    {
        lock (_lock)
        {
            if (IndexOf(slot) is not { } index || !_lent[index])
                throw new InvalidOperationException("The slot is not lent by this slab.");
            CryptographicOperations.ZeroMemory(slot.DangerousBytes);
            _lent[index] = false;
            _rented--;
            _free.Push(index);
            if (_disposed && _rented == 0)
                Release();
        }
    }

    /// <summary>
    /// Zeroes every key, lent or not, and lends no more; whoever still uses one gets
    /// <see cref="ObjectDisposedException"/>. The memory goes back to the system with the last returned slot.
    /// </summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            // First the mark, then the zeros: a cipher that looks at the mark after its work knows that its key held.
            _disposed = true;
            Interlocked.MemoryBarrier();
            foreach (nint chunk in _chunks)
                CryptographicOperations.ZeroMemory(ChunkBytes(chunk));
            if (_rented == 0)
                Release();
        }
    }

    private static unsafe Span<byte> ChunkBytes(nint chunk) => new((void*)chunk, ChunkLength);

    private nint AddressOf(int index)
    {
        Debug.Assert(index >= 0 && index < _chunks.Count * SlotsPerChunk, "the chunk exists");
        return _chunks[index / SlotsPerChunk] + (index % SlotsPerChunk * SlotLength);
    }

    // A few hundred chunks at most: a slot that carried its number would cost every key eight bytes.
    private int? IndexOf(KeySlot slot)
    {
        for (int chunk = 0; chunk < _chunks.Count; chunk++)
        {
            nint within = slot.Address - _chunks[chunk];
            if (within is >= 0 and < ChunkLength)
                return (chunk * SlotsPerChunk) + (int)(within / SlotLength);
        }

        return null;
    }

    private unsafe bool TryGrow()
    {
        int first = _chunks.Count * SlotsPerChunk;
        if (first >= Capacity)
            return false;
        nint chunk = (nint)NativeMemory.AlignedAlloc(ChunkLength, (nuint)Environment.SystemPageSize);
        ChunkBytes(chunk).Clear();
        // Best effort: where the limit of locked memory is too low, the keys are still zeroed when returned.
        _allLocked &= SodiumNative.sodium_mlock((void*)chunk, ChunkLength) == 0;
        _chunks.Add(chunk);
        for (int index = Math.Min(first + SlotsPerChunk, Capacity) - 1; index >= first; index--)
            _free.Push(index);
        return true;
    }

    private unsafe void Release()
    {
        Debug.Assert(_disposed && _rented == 0, "nobody uses the memory");
        Debug.Assert(!_released, "released once");
        _released = true;
        foreach (nint chunk in _chunks)
        {
            // Zeroes the memory again before it unlocks it.
            _ = SodiumNative.sodium_munlock((void*)chunk, ChunkLength);
            NativeMemory.AlignedFree((void*)chunk);
        }

        _chunks.Clear();
        _free.Clear();
    }
}

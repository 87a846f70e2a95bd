using System.Diagnostics.CodeAnalysis;

namespace Veil.Circuits.Cells;

/// <summary>
/// Cells on their way to one writing loop: any thread adds, without lock or allocation; one task takes, in order.
/// What bounds it is the credit of its circuit, not the queue. A value, because a circuit has several: it lies in its
/// owner and is never copied.
/// </summary>
internal struct CellQueue
{
    // Any thread: newest first.
    private CellBuffer? _added;
    private int _count;

    // The taking task alone: oldest first.
    private CellBuffer? _first;

    /// <summary>Cells added and not yet taken.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Adds a cell. Cells added by one thread keep their order.</summary>
    internal void Add(CellBuffer cell)
    {
        Interlocked.Increment(ref _count);
        CellBuffer? seen;
        do
        {
            seen = Volatile.Read(ref _added);
            cell.Next = seen;
        }
        while (Interlocked.CompareExchange(ref _added, cell, seen) != seen);
    }

    /// <summary>Takes the oldest cell.</summary>
    internal bool TryTake([NotNullWhen(true)] out CellBuffer? cell)
    {
        _first ??= Reverse(Interlocked.Exchange(ref _added, null));
        cell = _first;
        if (cell is null)
        {
            return false;
        }

        _first = cell.Next;
        cell.Next = null;
        Interlocked.Decrement(ref _count);
        return true;
    }

    private static CellBuffer? Reverse(CellBuffer? newest)
    {
        CellBuffer? oldest = null;
        while (newest is not null)
        {
            (newest.Next, oldest, newest) = (oldest, newest, newest.Next);
        }

        return oldest;
    }
}

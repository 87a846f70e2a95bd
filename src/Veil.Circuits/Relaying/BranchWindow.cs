using Veil.Circuits.Cells;

namespace Veil.Circuits.Relaying;

/// <summary>
/// Data cells that a client may have under way into one branch, as its third hop grants them (spec/circuit.md,
/// section 4). Cells that arrive are charged to the budget one by one, so the window itself is charged with nothing.
/// </summary>
internal sealed class BranchWindow(CircuitOptions options, CellPool pool)
{
    // Quanta of a window: a grant is a cell of its own over three links.
    private const int Quanta = 4;

    private int _size = options.BranchWindow;
    private long _granted = options.BranchWindow;

    // Reading task of the circuit's leg.
    private long _accepted;

    // Any thread.
    private long _left;

    // Writing task of the circuit's leg.
    private long _grownAt;

    /// <summary>Whether the client may send one more cell. Reading task of the circuit's leg.</summary>
    internal bool TryAccept()
    {
        long accepted = _accepted + 1;
        Volatile.Write(ref _accepted, accepted);
        return accepted <= Interlocked.Read(ref _granted);
    }

    /// <summary>A cell left for the next hop; true when a grant is due. Any thread.</summary>
    internal bool CountLeft()
    {
        // The grant is read before the size, which grows before it.
        long left = Interlocked.Increment(ref _left) - Interlocked.Read(ref _granted);
        int size = Volatile.Read(ref _size);
        return left + size >= Quantum(size);
    }

    /// <summary>Takes what can be granted now, a quantum at least; 0 when less. Writing task of the circuit's
    /// leg.</summary>
    internal ushort TakeGrant()
    {
        long left = Interlocked.Read(ref _left);
        long due = left + _size - Interlocked.Read(ref _granted);
        if (due < Quantum(_size))
        {
            return 0;
        }

        due = Math.Min(due + Grow(left), ushort.MaxValue);
        Interlocked.Add(ref _granted, due);
        return (ushort)due;
    }

    private static int Quantum(int size) => Math.Max(size / Quanta, 1);

    // Used since it last grew, and what arrives leaves again: not the store but the window holds the client up.
    private int Grow(long left)
    {
        bool isUsed = left - _grownAt >= _size;
        bool keepsUp = (Volatile.Read(ref _accepted) - left) * 2 <= _size;
        if (!isUsed || !keepsUp || !pool.IsPlenty)
        {
            return 0;
        }

        _grownAt = left;
        int more = Math.Min(_size, options.MaxBranchWindow - _size);
        Volatile.Write(ref _size, _size + more);
        return more;
    }
}

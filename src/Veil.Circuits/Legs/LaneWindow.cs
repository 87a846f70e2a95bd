using System.Diagnostics;
using Veil.Circuits.Cells;

namespace Veil.Circuits.Legs;

/// <summary>Sizes of a lane's window, in cells (spec/circuit.md, section 4).</summary>
/// <param name="First">Granted without being asked for, and never less.</param>
/// <param name="Usual">Granted at the first use while memory is plenty.</param>
/// <param name="Most">Bound of growing.</param>
/// <param name="Patience">Cells that are used before it grows, at least: what setting up a circuit takes is no reason
/// to.</param>
internal sealed record WindowSizes(int First, int Usual, int Most, int Patience);

/// <summary>
/// The room that one leg grants for one lane (spec/circuit.md, section 4). What is granted and has not left this node
/// is never more than the window, and the window is what the budget is charged with.
/// </summary>
internal sealed class LaneWindow
{
    private readonly WindowSizes _sizes;
    private readonly CellPool _pool;

    // 0 when closed.
    private int _window;
    private long _granted;
    private long _consumed;

    // Written by the reading task.
    private long _received;

    // Writing task.
    private long _grownAt;

    // Ticks of the link.
    private long _seenReceived;
    private int _idleTicks;

    /// <summary>Takes over a charge of <see cref="WindowSizes.First"/> cells.</summary>
    internal LaneWindow(WindowSizes sizes, CellPool pool)
    {
        _sizes = sizes;
        _pool = pool;
        _window = sizes.First;
        _granted = sizes.First;
    }

    /// <summary>Cells charged to the budget.</summary>
    internal int Size => Volatile.Read(ref _window);

    /// <summary>Counts a received cell; false when it is beyond what was granted. Reading task.</summary>
    internal bool TryReceive()
    {
        long received = _received + 1;
        Volatile.Write(ref _received, received);
        return received <= Interlocked.Read(ref _granted);
    }

    /// <summary>A received cell has left this node or was used up; true when a grant is due. Any thread.</summary>
    internal bool Consume()
    {
        // The grant is read before the window, which grows before it: read the other way round, a due grant could
        // be missed.
        long left = Interlocked.Increment(ref _consumed) - Interlocked.Read(ref _granted);
        int window = Size;
        return left + window >= Quantum(window);
    }

    /// <summary>Takes what can be granted now, a quantum or 0; grows or shrinks the window. Writing task.</summary>
    internal ushort TakeGrant()
    {
        int window = Size;
        long due = Interlocked.Read(ref _consumed) + window - Interlocked.Read(ref _granted);
        if (window == 0 || due < Quantum(window))
        {
            return 0;
        }

        due += _pool.IsShort ? -Shrink(window, due) : Grow(window);
        due = Math.Clamp(due, 0, ushort.MaxValue);
        Interlocked.Add(ref _granted, due);
        Debug.Assert(due <= _sizes.Most, "no more is granted at once than a window may be");
        return (ushort)due;
    }

    /// <summary>The sender gives room back; false when it never had it, or needs it. Reading task.</summary>
    internal bool TryReturn(int cells)
    {
        // Only this task lowers the grant: what is read here can only grow meanwhile.
        if (cells > Interlocked.Read(ref _granted) - _received)
        {
            return false;
        }

        while (Size is > 0 and var window)
        {
            if (window - cells < _sizes.First)
            {
                return false;
            }

            // The window first: in between, the writing task sees less room than there is, never more.
            if (Interlocked.CompareExchange(ref _window, window - cells, window) == window)
            {
                Interlocked.Add(ref _granted, -cells);
                _pool.Release(cells);
                return true;
            }
        }

        return true;
    }

    /// <summary>
    /// Counts a tick of the link; true when the sender has kept more room than the first window, and sent nothing,
    /// for <paramref name="ticks"/>.
    /// </summary>
    internal bool IsKeptIdle(int ticks)
    {
        long received = Volatile.Read(ref _received);
        bool idle = received == _seenReceived && Interlocked.Read(ref _granted) - received > _sizes.First;
        _seenReceived = received;
        _idleTicks = idle ? _idleTicks + 1 : 0;
        return _idleTicks > ticks;
    }

    /// <summary>Gives the charge back. Any thread, idempotent.</summary>
    internal void Close() => _pool.Release(Interlocked.Exchange(ref _window, 0));

    private static int Quantum(int window) => Math.Max(window / 8, 1);

    // While memory is short, what has been used is not granted again, down to the first window.
    private int Shrink(int window, long due)
    {
        int less = (int)Math.Min(due, window - _sizes.First);
        if (less <= 0 || Interlocked.CompareExchange(ref _window, window - less, window) != window)
        {
            return 0;
        }

        _pool.Release(less);
        return less;
    }

    // Used since it last grew, and what arrives leaves again at once: the window is what holds the sender up.
    private int Grow(int window)
    {
        long consumed = Interlocked.Read(ref _consumed);
        bool jumps = window < _sizes.Usual && _pool.IsPlenty;
        bool keepsUp = (Volatile.Read(ref _received) - consumed) * 2 <= window;
        int target = jumps ? _sizes.Usual : Math.Min(window * 2, _sizes.Most);
        int more = target - window;
        bool isUsed = jumps || consumed - _grownAt >= Math.Max(window, _sizes.Patience);
        if (more <= 0 || !keepsUp || !isUsed || !_pool.TryGrow(more))
        {
            return 0;
        }

        if (Interlocked.CompareExchange(ref _window, window + more, window) != window)
        {
            _pool.Release(more);
            return 0;
        }

        _grownAt = consumed;
        return more;
    }
}

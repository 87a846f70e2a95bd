using System.Diagnostics;
using Veil.Circuits.Cells;

namespace Veil.Circuits.Flow;

/// <summary>
/// The room that one receiver grants one sender: a leg for one lane, in cells (spec/circuit.md, section 4), a stream in
/// bytes (spec/stream.md, section 3). What is granted and has not left this node is never more than the window, and the
/// window is what the budget is charged with.
/// </summary>
internal sealed class GrowingWindow
{
    private readonly WindowTerms _terms;

    // Only for windows that have grown and may grow by it: most stay quiet.
    private BandwidthDelay? _path;

    // 0 when closed.
    private int _window;
    private long _granted;
    private long _consumed;

    // Written by the reading task.
    private long _received;

    // Writing task. The last bits of what was consumed when it last grew: of 4 GiB between, nobody needs to know.
    private uint _grownAt;

    // Ticks of the link. The last bits of what had been received.
    private uint _seenReceived;
    private int _idleTicks;

    /// <summary>Takes over the charge for <see cref="WindowSizes.First"/>.</summary>
    internal GrowingWindow(WindowTerms terms)
    {
        _terms = terms;
        _window = terms.Sizes.First;
        _granted = terms.Sizes.First;
    }

    /// <summary>A closed one, which no budget was charged for: what comes is counted, nothing is granted.</summary>
    internal static GrowingWindow Closed(WindowTerms terms) => new(terms) { _window = 0 };

    /// <summary>What the budget is charged with; 0 when closed.</summary>
    internal int Size => Volatile.Read(ref _window);

    private WindowSizes Sizes => _terms.Sizes;

    private CellPool Pool => _terms.Pool;

    /// <summary>Counts what was received; false when it is beyond what was granted. Reading task.</summary>
    internal bool TryReceive(int amount)
    {
        long received = _received + amount;
        Volatile.Write(ref _received, received);
        Volatile.Read(ref _path)?.OnReceived(received);
        return received <= Interlocked.Read(ref _granted);
    }

    /// <summary>What was received has left this node or was used up; true when a grant is due. Any thread.</summary>
    internal bool Consume(long amount)
    {
        // The grant is read before the window, which grows before it: read the other way round, a due grant could
        // be missed.
        long left = Interlocked.Add(ref _consumed, amount) - Interlocked.Read(ref _granted);
        int window = Size;
        return left + window >= Sizes.Quantum(window);
    }

    /// <summary>Takes what can be granted now, a quantum or 0; grows or shrinks the window. Writing task.</summary>
    internal int TakeGrant()
    {
        // What was granted first, as it is lowered last: the other way round, what is given back in between would be
        // granted twice.
        long granted = Interlocked.Read(ref _granted);
        int window = Size;
        long due = Interlocked.Read(ref _consumed) + window - granted;
        if (window == 0 || due < Sizes.Quantum(window))
        {
            return 0;
        }

        due += Pool.IsShort ? -Shrink(window, due) : Grow(window);
        Debug.Assert(due >= 0 && due <= Sizes.Most, "no more is granted at once than a window may be");
        granted = Interlocked.Add(ref _granted, due);
        _path?.OnGrant(granted - due);
        return (int)due;
    }

    /// <summary>The sender gives room back; false when it never had it, or needs it. Reading task.</summary>
    internal bool TryReturn(int amount)
    {
        // Only this task lowers the grant: what is read here can only grow meanwhile.
        if (amount > Interlocked.Read(ref _granted) - _received)
        {
            return false;
        }

        while (Size is > 0 and var window)
        {
            if (window - amount < Sizes.First)
            {
                return false;
            }

            // The window first: in between, the writing task sees less room than there is, never more.
            if (Interlocked.CompareExchange(ref _window, window - amount, window) == window)
            {
                Interlocked.Add(ref _granted, -amount);
                Pool.Release(amount / Sizes.PerCell);
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
        uint seen = unchecked((uint)received);
        bool idle = seen == _seenReceived && Interlocked.Read(ref _granted) - received > Sizes.First;
        _seenReceived = seen;
        _idleTicks = idle ? _idleTicks + 1 : 0;
        return _idleTicks > ticks;
    }

    /// <summary>Gives the charge back. Any thread, idempotent.</summary>
    internal void Close() => Pool.Release(Interlocked.Exchange(ref _window, 0) / Sizes.PerCell);

    // While memory is short, what has been used is not granted again, down to the first window.
    private int Shrink(int window, long due)
    {
        int less = (int)Math.Min(due, window - Sizes.First);
        less -= less % Sizes.PerCell;
        if (less <= 0 || Interlocked.CompareExchange(ref _window, window - less, window) != window)
        {
            return 0;
        }

        Pool.Release(less / Sizes.PerCell);
        return less;
    }

    // Used since it last grew, and what arrives leaves again at once: the window is what holds the sender up.
    private int Grow(int window)
    {
        long consumed = Interlocked.Read(ref _consumed);
        bool jumps = window < Sizes.Usual && Pool.IsPlenty;
        bool isUsed = jumps || unchecked((uint)consumed - _grownAt) >= Math.Max(window, Sizes.Patience);
        bool keepsUp = (Volatile.Read(ref _received) - consumed) * 2 <= window;
        if (!isUsed || !keepsUp)
        {
            return 0;
        }

        int more = (jumps ? Sizes.Usual : Target(window, consumed)) - window;
        _grownAt = unchecked((uint)consumed);
        if (more <= 0 || !Pool.TryGrow(more / Sizes.PerCell, isLarge: window + more > Sizes.Small))
        {
            return 0;
        }

        if (Interlocked.CompareExchange(ref _window, window + more, window) != window)
        {
            Pool.Release(more / Sizes.PerCell);
            return 0;
        }

        if (_path is null && Sizes.Most > Sizes.Loud)
        {
            Volatile.Write(ref _path, new BandwidthDelay(_terms.Time));
        }

        return more;
    }

    private int Target(int window, long consumed)
    {
        int twice = Math.Min(window * 2, window < Sizes.Loud ? Sizes.Loud : Sizes.Most);
        return window < Sizes.Loud || _path?.Take(consumed) > window ? twice : window;
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using Veil.Circuits.Limits;

namespace Veil.Circuits.Cells;

/// <summary>
/// The cells of one node: bounded by its budget (spec/circuit.md, section 4), reused, never cleared, because what
/// waits here is ciphertext of other people's layers. The budget may change at any time; what is granted beyond a new,
/// lower one shrinks with use.
/// </summary>
internal sealed class CellPool(NodeLimits limits)
{
    // Free buffers that are kept: what a busy second needs, not what an attack once took.
    private const int KeptBuffers = 8_192;

    // Each thread takes first what it gave back last: that is still in its cache.
    private readonly ConcurrentBag<CellBuffer> _free = [];
    private long _reserved;
    private int _freeCount;

    /// <summary>Cells that are granted to circuits.</summary>
    internal long Reserved => Interlocked.Read(ref _reserved);

    /// <summary>Whether memory is plenty: a window in use may jump to its usual size.</summary>
    internal bool IsPlenty => Reserved <= limits.CellBudget / 2;

    /// <summary>Whether memory is short: windows shrink as they are used.</summary>
    internal bool IsShort => Reserved > limits.CellBudget / 8 * 7;

    /// <summary>Whether so many cells could be granted now.</summary>
    internal bool HasRoom(int cells) => Reserved + cells <= limits.CellBudget;

    /// <summary>Charges a first grant, or one cell that waits, to the budget; false when there is no room.</summary>
    internal bool TryReserve(int cells) => TryReserve(cells, limits.CellBudget);

    /// <summary>Charges the growth of a window. Large ones may take half of the budget: what then stands still leaves a
    /// usual window to whoever comes later; the last eighth belongs to new circuits.</summary>
    /// <param name="cells">By how many.</param>
    /// <param name="isLarge">Whether the window grows beyond what everybody has.</param>
    internal bool TryGrow(int cells, bool isLarge) =>
        TryReserve(cells, isLarge ? limits.CellBudget / 2 : limits.CellBudget / 8 * 7);

    /// <summary>Gives a grant back.</summary>
    internal void Release(int cells)
    {
        long left = Interlocked.Add(ref _reserved, -cells);
        Debug.Assert(left >= 0, "nothing is given back twice");
    }

    /// <summary>A cell with unspecified content.</summary>
    internal CellBuffer Rent()
    {
        if (!_free.TryTake(out var cell))
        {
            return new CellBuffer();
        }

        Interlocked.Decrement(ref _freeCount);
        return cell;
    }

    /// <summary>Takes a cell back.</summary>
    internal void Return(CellBuffer cell)
    {
        cell.Next = null;
        if (Interlocked.Increment(ref _freeCount) <= KeptBuffers)
        {
            _free.Add(cell);
        }
        else
        {
            Interlocked.Decrement(ref _freeCount);
        }
    }

    private bool TryReserve(int cells, long bound)
    {
        Debug.Assert(cells >= 0, "a grant is not negative");
        if (Interlocked.Add(ref _reserved, cells) <= bound)
        {
            return true;
        }

        Interlocked.Add(ref _reserved, -cells);
        return false;
    }
}

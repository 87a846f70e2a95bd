using System.Collections.Concurrent;

namespace Veil.Circuits.Cells;

/// <summary>
/// The cells of one node: bounded by its budget (spec/circuit.md, section 4), reused, never cleared, because what
/// waits here
/// is ciphertext of other people's layers.
/// </summary>
internal sealed class CellPool
{
    private readonly ConcurrentQueue<CellBuffer> _free = new();
    private readonly long _budgetCells;
    private long _reserved;

    /// <param name="budgetCells">Cells that all circuits together may be granted.</param>
    internal CellPool(long budgetCells) => _budgetCells = budgetCells;

    /// <summary>Cells that are granted to circuits.</summary>
    internal long Reserved => Interlocked.Read(ref _reserved);

    /// <summary>Whether so many cells could be granted now.</summary>
    internal bool HasRoom(int cells) => Reserved + cells <= _budgetCells;

    /// <summary>Charges a grant to the budget; false when there is no room.</summary>
    internal bool TryReserve(int cells)
    {
        if (Interlocked.Add(ref _reserved, cells) <= _budgetCells)
        {
            return true;
        }

        Interlocked.Add(ref _reserved, -cells);
        return false;
    }

    /// <summary>Gives a grant back.</summary>
    internal void Release(int cells) => Interlocked.Add(ref _reserved, -cells);

    /// <summary>A cell with unspecified content.</summary>
    internal CellBuffer Rent() => _free.TryDequeue(out var cell) ? cell : new CellBuffer();

    /// <summary>Takes a cell back.</summary>
    internal void Return(CellBuffer cell)
    {
        cell.Next = null;
        _free.Enqueue(cell);
    }
}

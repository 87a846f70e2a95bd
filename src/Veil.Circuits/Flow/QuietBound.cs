namespace Veil.Circuits.Flow;

/// <summary>
/// Tells quiet circuits from loud ones (spec/circuit.md, section 4): those that lately sent fewer data cells than 16,
/// or than half of what circuits sent on average, so that a fast path's keystrokes stay quiet beside bulk. A value that
/// is never copied; one task.
/// </summary>
internal struct QuietBound
{
    private const int LeastCells = 16;

    private RecentCells _cells;

    // Each circuit once in each tenth of a second.
    private RecentCells _circuits;

    /// <summary>Counts what was sent.</summary>
    /// <param name="beat">The present tenth of a second.</param>
    /// <param name="cells">Cells.</param>
    /// <param name="circuits">Those whose first cells of this tenth are among them.</param>
    internal void Count(int beat, int cells, int circuits)
    {
        _cells.Add(beat, cells);
        _circuits.Add(beat, circuits);
    }

    /// <summary>Cells in this tenth and the one before it from which on a circuit is loud.</summary>
    // A circuit that sends all the time is counted in both: the quotient is half of what it sends in both.
    internal int Of(int beat) => Math.Max(_cells.Of(beat) / Math.Max(_circuits.Of(beat), 1), LeastCells);
}

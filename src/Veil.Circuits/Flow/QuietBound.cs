namespace Veil.Circuits.Flow;

/// <summary>
/// Tells quiet circuits from loud ones (spec/circuit.md, section 4): those that lately sent fewer data cells than 16,
/// or than half of what the circuit of an average cell sent, so that a fast path's keystrokes stay quiet beside bulk.
/// Cells are asked and not circuits, because many circuits that send next to nothing do not make the others any
/// louder. A value that is never copied; one task.
/// </summary>
internal struct QuietBound
{
    private const int LeastCells = 16;

    // A circuit that sends r cells a tenth has lately sent r to 2r, 1.5 r on average. All cells of two tenths with
    // that, divided by those of one, are 3r at the end of a tenth, where it has sent 2r: half of that is r.
    private const int Parts = 3;

    private Recent<CellSum> _sent;

    /// <summary>Counts what was sent.</summary>
    /// <param name="beat">The present tenth of a second.</param>
    /// <param name="sent">Cells of circuits.</param>
    internal void Count(int beat, CellSum sent) => _sent.Add(beat, sent);

    /// <summary>Cells in this tenth and the one before it from which on a circuit is loud.</summary>
    internal int Of(int beat)
    {
        var (now, before) = _sent.Of(beat);
        long tenth = Math.Max(Math.Max(now.Count, before.Count), 1);
        return (int)Math.Max((now + before).OfCircuits / (Parts * tenth), LeastCells);
    }
}

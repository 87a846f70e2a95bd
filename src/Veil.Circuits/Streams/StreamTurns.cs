namespace Veil.Circuits.Streams;

/// <summary>
/// Whose bytes the next cell carries (spec/stream.md, section 3): streams that were silent first, one turn, then the
/// others in turn. What goes to one reader comes in pieces of a turn, each of which wakes that reader once; on a fast
/// path turns are longer, since nobody notices there and waking is what costs.
/// After FQ-CoDel's lists of new and old flows (RFC 8290, section 4.2). Writing task of the link.
/// </summary>
internal sealed class StreamTurns(TimeProvider time)
{
    /// <summary>Cells of one turn.</summary>
    internal const int Cells = 32;

    /// <summary>Cells of one turn that goes fast.</summary>
    internal const int MostCells = 4 * Cells;

    /// <summary>How long a turn may have taken to go on after each <see cref="Cells"/>.</summary>
    internal static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(2);

    private readonly Queue<CircuitStream> _fresh = new();
    private readonly Queue<CircuitStream> _old = new();
    private long _turnBegan;

    /// <summary>The stream may have something to send.</summary>
    internal void Add(CircuitStream stream)
    {
        if (!stream.InDataQueue)
        {
            stream.InDataQueue = true;
            stream.CellsInTurn = 0;
            _fresh.Enqueue(stream);
        }
    }

    /// <summary>Writes the next data message; false when no stream has any.</summary>
    internal bool TryFill(Span<byte> room)
    {
        while (_fresh.TryPeek(out var stream) || _old.TryPeek(out stream))
        {
            bool isFresh = _fresh.Count > 0;
            bool filled = stream.TryFillData(room);
            if (filled && GoesOn(++stream.CellsInTurn))
            {
                return true;
            }

            (isFresh ? _fresh : _old).Dequeue();
            stream.CellsInTurn = 0;
            if (filled || isFresh)
            {
                // A fresh one that has nothing more stays among the old for a round: one that writes a little again
                // and again does not go before all others each time.
                _old.Enqueue(stream);
            }
            else
            {
                stream.InDataQueue = false;
            }

            if (filled)
            {
                return true;
            }
        }

        return false;
    }

    private bool GoesOn(int cells)
    {
        if (cells == 1)
        {
            _turnBegan = time.GetTimestamp();
        }

        return cells % Cells != 0 || (cells < MostCells && time.GetElapsedTime(_turnBegan) < Fast);
    }
}

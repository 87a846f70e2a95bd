namespace Veil.Circuits.Flow;

/// <summary>How many there were in the present tenth of a second and in the one before it. A value that is never
/// copied; one task.</summary>
internal struct RecentCells
{
    private const int BeatsPerSecond = 10;

    private int _beat;
    private int _now;
    private int _before;

    /// <summary>The present tenth of a second, counted from anywhere.</summary>
    internal static int Beat(TimeProvider time) =>
        unchecked((int)(time.GetTimestamp() / (time.TimestampFrequency / BeatsPerSecond)));

    /// <summary>Counts some; true when they are the first of the present tenth.</summary>
    internal bool Add(int beat, int count = 1)
    {
        TurnTo(beat);
        bool isFirst = _now == 0;
        _now += count;
        return isFirst;
    }

    /// <summary>Those of both tenths.</summary>
    internal int Of(int beat)
    {
        TurnTo(beat);
        return _now + _before;
    }

    private void TurnTo(int beat)
    {
        // Of two that count here, one may have looked at the clock earlier and come later.
        int passed = unchecked(beat - _beat);
        if (passed > 0)
        {
            _before = passed == 1 ? _now : 0;
            _now = 0;
            _beat = beat;
        }
    }
}

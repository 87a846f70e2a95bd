using System.Numerics;

namespace Veil.Circuits.Flow;

/// <summary>What was counted in the present tenth of a second and in the one before it. A value that is never copied;
/// one task.</summary>
/// <typeparam name="T">Numbers, whose default is zero.</typeparam>
internal struct Recent<T>
    where T : struct, IAdditionOperators<T, T, T>
{
    private int _beat;
    private T _now;
    private T _before;

    /// <summary>Counts some; the sum of both tenths with them.</summary>
    internal T Add(int beat, T count)
    {
        TurnTo(beat);
        _now += count;
        return _now + _before;
    }

    /// <summary>Those of the present tenth and those of the one before it.</summary>
    internal (T Now, T Before) Of(int beat)
    {
        TurnTo(beat);
        return (_now, _before);
    }

    /// <summary>Those of both tenths.</summary>
    internal T SumOf(int beat)
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
            _before = passed == 1 ? _now : default;
            _now = default;
            _beat = beat;
        }
    }
}

namespace Veil.Wire.Seams;

/// <summary>
/// Where choices come from that others may guess but must not steer: paths, jitter, shuffles, identifiers.
/// The product has one implementation, <see cref="SystemDecisionSource"/>; the seeded twin lives in the simulation.
/// </summary>
public abstract class DecisionSource
{
    /// <summary>Fills <paramref name="destination"/> with uniformly distributed bytes.</summary>
    public abstract void Fill(Span<byte> destination);

    /// <summary>A uniform number of 64 bits.</summary>
    public ulong NextUInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    }

    /// <summary>A uniform number below <paramref name="limit"/>, without modulo bias.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is 0.</exception>
    public ulong NextBelow(ulong limit)
    {
        ArgumentOutOfRangeException.ThrowIfZero(limit);
        ulong reject = unchecked(0 - limit) % limit;
        ulong value;
        do
        {
            value = NextUInt64();
        }
        while (value < reject);
        return value % limit;
    }

    /// <summary>A uniform index below <paramref name="count"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not positive.</exception>
    public int NextIndex(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return (int)NextBelow((ulong)count);
    }

    /// <summary>A uniform time from <paramref name="from"/> up to, not including, <paramref name="to"/>.</summary>
    public TimeSpan NextTime(TimeSpan from, TimeSpan to) =>
        from + TimeSpan.FromTicks((long)NextBelow((ulong)(to - from).Ticks));

    /// <summary>Puts the items into a uniformly random order (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int other = NextIndex(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }
}

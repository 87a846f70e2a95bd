namespace Veil.Circuits.Limits;

/// <summary>
/// The bounds of one node as they are now (spec/limits.md, section 7). Whoever decides something reads them at that
/// moment; what exceeds a lowered bound is not cut off, except by <see cref="Paused"/>. Any thread.
/// </summary>
public sealed class NodeLimits
{
    private readonly Lock _lock = new();
    private NodeLimitValues _now;
    private long _cellBudget;
    private int _paused;

    /// <summary>Starts with these bounds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is negative.</exception>
    public NodeLimits(NodeLimitValues values)
    {
        values.ThrowIfWrong();
        _now = values;
        _cellBudget = values.CellBudget;
    }

    /// <summary>Told after every change, one at a time.</summary>
    internal event Action? Changed;

    /// <summary>The bounds now.</summary>
    public NodeLimitValues Now => Volatile.Read(ref _now);

    /// <summary>Bytes that passed on the relay's links.</summary>
    public VolumeMeter Volume { get; } = new();

    /// <summary>
    /// Whether the relay rests, its volume being used up: it closes the circuits of others, takes no new ones, and no
    /// links of strangers. Its own circuits go on.
    /// </summary>
    public bool Paused
    {
        get => Volatile.Read(ref _paused) != 0;
        set
        {
            lock (_lock)
            {
                if (Interlocked.Exchange(ref _paused, value ? 1 : 0) != (value ? 1 : 0))
                {
                    Changed?.Invoke();
                }
            }
        }
    }

    /// <summary>Cells that may be granted.</summary>
    internal long CellBudget => Interlocked.Read(ref _cellBudget);

    /// <summary>Changes the bounds, from now on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is negative; nothing was changed.</exception>
    public void Set(NodeLimitValues values)
    {
        values.ThrowIfWrong();
        lock (_lock)
        {
            Volatile.Write(ref _now, values);
            Interlocked.Exchange(ref _cellBudget, values.CellBudget);
            Changed?.Invoke();
        }
    }
}

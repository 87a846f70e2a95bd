namespace Veil.Simulation.Kernel;

/// <summary>A timer of <see cref="VirtualTimeProvider"/>. Unlike the system's it is exact, and never late.</summary>
internal sealed class VirtualTimer : ScheduledEvent, ITimer
{
    // The system's timers take no more either: 2^32 - 2 milliseconds.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly SimulationKernel _kernel;
    private readonly TimerCallback _callback;
    private readonly object? _state;
    private TimeSpan _period = Timeout.InfiniteTimeSpan;
    private bool _disposed;

    internal VirtualTimer(SimulationKernel kernel, SimulationContext context, TimerCallback callback, object? state)
    {
        _kernel = kernel;
        Context = context;
        _callback = callback;
        _state = state;
    }

    /// <inheritdoc/>
    public override SimulationContext Context { get; }

    /// <inheritdoc/>
    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        RequireWait(dueTime, nameof(dueTime));
        RequireWait(period, nameof(period));
        _kernel.RequireLoopThread();
        if (_disposed)
            return false;
        _period = period == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : period;
        if (dueTime == Timeout.InfiniteTimeSpan)
            _kernel.Cancel(this);
        else
            _kernel.Schedule(this, dueTime);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kernel.RequireLoopThread();
        _disposed = true;
        _kernel.Cancel(this);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected internal override void Fire()
    {
        if (_period != Timeout.InfiniteTimeSpan)
            _kernel.Schedule(this, _period);
        _callback(_state);
    }

    private static void RequireWait(TimeSpan wait, string name)
    {
        if (wait == Timeout.InfiniteTimeSpan)
            return;
        ArgumentOutOfRangeException.ThrowIfLessThan(wait, TimeSpan.Zero, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wait, LongestWait, name);
    }
}

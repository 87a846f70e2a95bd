namespace Veil.Simulation.Kernel;

/// <summary>
/// The clock of one simulated host. Time moves only between events; timers fire on the loop in the host's context.
/// The timestamp frequency is 70 MHz, so that code which takes timestamps for ticks shows itself.
/// </summary>
public sealed class VirtualTimeProvider : TimeProvider
{
    private const int TimestampsPerTick = 7;
    private const long FirstTimestamp = 7_777_777_777;

    private readonly SimulationKernel _kernel;
    private readonly SimulationContext _context;

    internal VirtualTimeProvider(SimulationKernel kernel, SimulationContext context)
    {
        _kernel = kernel;
        _context = context;
    }

    /// <summary>
    /// How far this host's calendar is from true virtual time. May be set at any moment: the calendar steps,
    /// timestamps and timers do not.
    /// </summary>
    public TimeSpan Offset { get; set; }

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond * TimestampsPerTick;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        _kernel.RequireLoopThread();
        return _kernel.UtcNow + Offset;
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        _kernel.RequireLoopThread();
        return FirstTimestamp + (_kernel.Elapsed.Ticks * TimestampsPerTick);
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _kernel.RequireLoopThread();
        var timer = new VirtualTimer(_kernel, _context, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}

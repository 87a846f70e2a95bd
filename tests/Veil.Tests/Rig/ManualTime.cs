namespace Veil.Tests.Rig;

/// <summary>
/// A clock that stands still until it is moved; timers fire within <see cref="Advance"/>, in order. Its frequency is
/// odd, so that ticks and timestamps cannot be mixed up.
/// </summary>
/// <param name="start">Where it stands at first; the beginning of Unix time by default.</param>
internal sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    private const int TicksPerTen = 7;

    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly List<(TimeSpan Due, TaskCompletionSource Set)> _awaited = [];
    private TimeSpan _now;

    public ManualTime()
        : this(DateTimeOffset.UnixEpoch)
    {
    }

    /// <summary>Timers that wait.</summary>
    public int Timers
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond / 10 * TicksPerTen;

    private TimeSpan Now
    {
        get
        {
            lock (_lock)
            {
                return _now;
            }
        }
    }

    public override long GetTimestamp() => Now.Ticks / 10 * TicksPerTen;

    public override DateTimeOffset GetUtcNow() => start + Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Completes when a timer is set that fires after exactly that long: when a test may move on.</summary>
    public Task WhenSetAsync(TimeSpan dueTime, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var due = _now + dueTime;
            if (_timers.Exists(timer => timer.Due == due))
            {
                return Task.CompletedTask;
            }

            var set = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((due, set));
            return set.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Moves on, and fires what falls due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        var end = Now + by;
        while (NextDue(end) is { } timer)
        {
            timer.Fire();
        }

        lock (_lock)
        {
            _now = end;
        }
    }

    /// <summary>Moves on to the next timer and fires what is due then; false where there is none.</summary>
    public bool AdvanceToNextTimer()
    {
        TimeSpan by;
        lock (_lock)
        {
            if (_timers.Count == 0)
            {
                return false;
            }

            by = _timers.Min(timer => timer.Due) - _now;
        }

        Advance(by);
        return true;
    }

    private ManualTimer? NextDue(TimeSpan end)
    {
        lock (_lock)
        {
            var next = _timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
            if (next is not null)
            {
                _now = next.Due > _now ? next.Due : _now;
                next.Reschedule();
            }

            return next;
        }
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = time._now + dueTime;
                    time._timers.Add(this);
                    time._awaited.FindAll(awaited => awaited.Due == Due).ForEach(awaited => awaited.Set.TrySetResult());
                }
            }

            return true;
        }

        public void Reschedule()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
            }
            else
            {
                time._timers.Remove(this);
            }
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

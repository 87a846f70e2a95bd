namespace Veil.Circuits;

/// <summary>
/// When an answer counts as late: mean plus four mean deviations of the times seen (RFC 6298 without its minimum),
/// within bounds; doubled while none comes at all. Safe for concurrent use.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="initial">Before the first answer.</param>
/// <param name="shortest">Never less.</param>
/// <param name="longest">Never more.</param>
public sealed class ResponsePace(TimeProvider time, TimeSpan initial, TimeSpan shortest, TimeSpan longest)
{
    private const int MaxMissed = 4;

    private readonly Lock _lock = new();
    private double _meanSeconds;
    private double _deviationSeconds;
    private bool _any;
    private int _missed;
    private long _changedAt = time.GetTimestamp();

    /// <summary>How long to wait for an answer.</summary>
    public TimeSpan Limit
    {
        get
        {
            lock (_lock)
            {
                return LimitNow();
            }
        }
    }

    /// <summary>An answer came.</summary>
    public void Observe(TimeSpan elapsed)
    {
        lock (_lock)
        {
            // Gains of RFC 6298: 1/8 for the mean, 1/4 for the deviation.
            double seconds = elapsed.TotalSeconds;
            double deviation = Math.Abs(seconds - _meanSeconds);
            _deviationSeconds = _any ? (0.75 * _deviationSeconds) + (0.25 * deviation) : seconds / 2;
            _meanSeconds = _any ? (0.875 * _meanSeconds) + (0.125 * seconds) : seconds;
            _any = true;
            _missed = 0;
            _changedAt = time.GetTimestamp();
        }
    }

    /// <summary>An answer did not come within the limit. Where none came in twice that time, who waits next waits
    /// longer, lest everybody gives up on a network that is merely busy; else it was this one's fault.</summary>
    public void Miss()
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_changedAt) >= LimitNow() * 2)
            {
                _missed = Math.Min(_missed + 1, MaxMissed);
                _changedAt = time.GetTimestamp();
            }
        }
    }

    private TimeSpan LimitNow()
    {
        double seconds = _any ? _meanSeconds + (4 * _deviationSeconds) : initial.TotalSeconds;
        seconds = Math.Max(seconds, shortest.TotalSeconds) * (1 << _missed);
        return TimeSpan.FromSeconds(Math.Min(seconds, longest.TotalSeconds));
    }
}

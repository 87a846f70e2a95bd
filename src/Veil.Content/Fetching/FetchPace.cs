namespace Veil.Content.Fetching;

/// <summary>
/// When a request counts as slow (spec/stripe.md, section 7): mean plus four mean deviations of the fetch times seen.
/// Safe for concurrent use.
/// </summary>
internal sealed class FetchPace
{
    /// <summary>Before the first fetch has ended.</summary>
    public static readonly TimeSpan Initial = TimeSpan.FromSeconds(2);

    /// <summary>Below this, hedging would only double the load.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    /// <summary>Above this, waiting is worse than asking.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private double _meanSeconds;
    private double _deviationSeconds;
    private bool _any;

    /// <summary>How long to wait before more shares are asked for.</summary>
    public TimeSpan HedgeDelay
    {
        get
        {
            lock (_lock)
            {
                if (!_any) return Initial;
                var seconds = _meanSeconds + (4 * _deviationSeconds);
                return TimeSpan.FromSeconds(Math.Clamp(seconds, Shortest.TotalSeconds, Longest.TotalSeconds));
            }
        }
    }

    /// <summary>Takes note of a fetch that was done.</summary>
    public void Observe(TimeSpan elapsed)
    {
        lock (_lock)
        {
            // Gains of RFC 6298: 1/8 for the mean, 1/4 for the deviation.
            var seconds = elapsed.TotalSeconds;
            var deviation = Math.Abs(seconds - _meanSeconds);
            _deviationSeconds = _any ? (0.75 * _deviationSeconds) + (0.25 * deviation) : seconds / 2;
            _meanSeconds = _any ? (0.875 * _meanSeconds) + (0.125 * seconds) : seconds;
            _any = true;
        }
    }
}

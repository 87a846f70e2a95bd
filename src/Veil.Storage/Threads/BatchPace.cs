namespace Veil.Storage.Threads;

/// <summary>
/// The least time from one batch to the next, unless the next is full: what comes after a quiet time goes at once, and
/// what comes thick is gathered (spec/store.md, section 5). One thread's own.
/// </summary>
internal sealed class BatchPace(TimeSpan interval, TimeProvider time)
{
    private long? _last;

    /// <summary>How long the next batch has to wait, in whole milliseconds, which is what monitors wait for: a part of
    /// one would be none, and whoever waits would ask again and again until it is over. Zero or less: not at
    /// all.</summary>
    public TimeSpan Left() => _last is { } last
        ? TimeSpan.FromMilliseconds(Math.Ceiling((interval - time.GetElapsedTime(last)).TotalMilliseconds))
        : TimeSpan.Zero;

    /// <summary>A batch begins now.</summary>
    public void Begin() => _last = time.GetTimestamp();
}

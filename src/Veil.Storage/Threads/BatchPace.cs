namespace Veil.Storage.Threads;

/// <summary>
/// The least time from one batch to the next, unless the next is full: what comes after a quiet time goes at once, and
/// what comes thick is gathered (spec/store.md, section 5). One thread's own.
/// </summary>
internal sealed class BatchPace(TimeSpan interval, TimeProvider time)
{
    private long? _last;

    /// <summary>How long the next batch has to wait; zero or less: not at all.</summary>
    public TimeSpan Left() => _last is { } last ? interval - time.GetElapsedTime(last) : TimeSpan.Zero;

    /// <summary>A batch begins now.</summary>
    public void Begin() => _last = time.GetTimestamp();
}

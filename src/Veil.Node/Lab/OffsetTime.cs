namespace Veil.Node.Lab;

/// <summary>A clock that is wrong by a fixed time, to try out in a lab network what a node does then.</summary>
/// <param name="right">The clock that is right.</param>
/// <param name="offset">How far ahead the wrong one is; negative for behind.</param>
public sealed class OffsetTime(TimeProvider right, TimeSpan offset) : TimeProvider
{
    /// <inheritdoc/>
    public override long TimestampFrequency => right.TimestampFrequency;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => right.LocalTimeZone;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => right.GetUtcNow() + offset;

    /// <inheritdoc/>
    public override long GetTimestamp() => right.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        right.CreateTimer(callback, state, dueTime, period);
}

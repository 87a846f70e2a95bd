namespace Veil.Content.Transfers;

/// <summary>
/// How long to go on asking when nothing is left to ask (spec/stripe.md, section 7): a pause before each round after
/// the first, 0.5 s doubling to 4 s, until <paramref name="limit"/> has passed since the last success. One owner.
/// </summary>
/// <remarks>
/// While a client has no path, because its guard went silent or rests, every request fails at once. Without pauses all
/// places of a share are used up in milliseconds.
/// </remarks>
internal sealed class Patience(TimeProvider time, TimeSpan limit)
{
    /// <summary>Before the second round.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(4);

    private long _lastSuccess = time.GetTimestamp();
    private TimeSpan _pause = FirstPause;

    /// <summary>Something came: the time begins anew.</summary>
    public void Succeeded()
    {
        _lastSuccess = time.GetTimestamp();
        _pause = FirstPause;
    }

    /// <summary>Waits for the next round. False, at once, where it would begin too late.</summary>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(_lastSuccess) + _pause > limit) return false;
        await Task.Delay(_pause, time, cancellationToken);
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        return true;
    }
}

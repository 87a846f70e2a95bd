namespace Veil.Circuits.Flow;

/// <summary>
/// Measures how much must be under way between a sender and the one who grants its window so that the window does not
/// hold it up: twice its rate times the round trip. The round trip is the shortest time from a grant to the first
/// thing that could not have been sent without it; from a sender that was not waiting it takes longer, never less.
/// One task grants, one receives.
/// </summary>
internal sealed class BandwidthDelay(TimeProvider time)
{
    private const double Reserve = 2;

    // Of what is received: the first that a grant made possible; 0 while nothing is measured.
    private long _awaited;
    private long _grantedAt;

    // Time stamps of the clock.
    private long _shortest = long.MaxValue;

    // Granting task.
    private long _measured;
    private long _measuredAt = time.GetTimestamp();

    /// <summary>A grant goes out to a sender that could send up to <paramref name="limit"/>. Granting task.</summary>
    internal void OnGrant(long limit)
    {
        if (Volatile.Read(ref _awaited) == 0)
        {
            _grantedAt = time.GetTimestamp();
            Volatile.Write(ref _awaited, limit + 1);
        }
    }

    /// <summary>So much has come in all. Receiving task.</summary>
    internal void OnReceived(long received)
    {
        if (Volatile.Read(ref _awaited) is not 0 and var awaited && received >= awaited)
        {
            long taken = time.GetTimestamp() - _grantedAt;
            Volatile.Write(ref _shortest, Math.Min(_shortest, Math.Max(taken, 1)));
            Volatile.Write(ref _awaited, 0);
        }
    }

    /// <summary>What should be under way at the rate since the last call; 0 while no round trip is known. Granting
    /// task.</summary>
    /// <param name="used">What has been received and used in all.</param>
    internal long Take(long used)
    {
        long now = time.GetTimestamp();
        double share = Volatile.Read(ref _shortest) / (double)Math.Max(now - _measuredAt, 1);
        double needed = Volatile.Read(ref _shortest) == long.MaxValue ? 0 : Reserve * (used - _measured) * share;
        _measured = used;
        _measuredAt = now;
        return (long)Math.Min(needed, int.MaxValue);
    }
}

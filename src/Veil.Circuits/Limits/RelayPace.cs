using Veil.Circuits.Flow;
using Veil.Links.Record;
using Veil.Wire.Cells;

namespace Veil.Circuits.Limits;

/// <summary>
/// Holds the links of a relay to the node's rate (spec/limits.md, section 7): one token bucket, asked once for each
/// record. Links that find it empty stand in a queue; every 1 to 5 ms what has gathered is dealt out to them, half a
/// record's worth in turn. The control lane and quiet circuits may run into a bounded debt that the others pay, so that
/// they pass and the rate holds all the same. Any thread.
/// </summary>
internal sealed class RelayPace : IDisposable
{
    private const int Quantum = CellLayout.MaxCellsPerRecord;

    // What gathers in a beat is for several links: where each took a record's worth, the last would wait for as many
    // beats.
    private const int Turn = Quantum / 2;

    // Timers are late by some milliseconds, and what the bucket cannot hold meanwhile would be lost to the rate.
    private const int BurstsPerSecond = 20;

    // Who waits, waits once at each relay of its path: what gathers is dealt out as soon as it is a record.
    private static readonly TimeSpan ShortestBeat = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestBeat = TimeSpan.FromMilliseconds(5);

    private readonly NodeLimits _limits;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private int _isLimited;

    // Under the lock.
    private readonly Queue<PaceShare> _waiting = new();
    private QuietBound _quietBound;
    private double _tokens;
    private double _rate;
    private double _burst;
    private TimeSpan _beat;
    private long _filledAt;
    private bool _isArmed;

    internal RelayPace(NodeLimits limits, TimeProvider time)
    {
        _limits = limits;
        _time = time;
        _timer = time.CreateTimer(_ => Serve(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _filledAt = time.GetTimestamp();
        Change();
        _tokens = _burst;
        limits.Changed += Change;
    }

    /// <summary>Bytes that passed.</summary>
    internal VolumeMeter Volume => _limits.Volume;

    /// <summary>What the link may send now. With a limit, <see cref="Settle"/> follows.</summary>
    /// <param name="share">The link's.</param>
    /// <param name="beat">The present tenth of a second.</param>
    internal PaceGrant Take(PaceShare share, int beat)
    {
        if (Volatile.Read(ref _isLimited) == 0)
        {
            return PaceGrant.Unlimited;
        }

        lock (_lock)
        {
            Refill();
            int cells = Math.Min(share.Allowance, Quantum);
            share.Allowance -= cells;
            if (cells == 0 && _waiting.Count == 0)
            {
                cells = Draw(Quantum);
            }

            return new PaceGrant(cells, cells > 0 || _tokens > -_burst / 4, _quietBound.Of(beat));
        }
    }

    /// <summary>Books what was sent of what was taken; a link that has more to send gets its turn.</summary>
    internal void Settle(PaceShare share, PaceGrant taken, PaceUse use, int beat)
    {
        int bytes = use.Cells == 0 ? 0 : RecordLayout.TotalBytes(use.Cells);
        Volume.AddWritten(bytes);
        if (Volatile.Read(ref _isLimited) == 0)
        {
            return;
        }

        lock (_lock)
        {
            _quietBound.Count(beat, use.Data);
            _tokens = Math.Max(_tokens + (taken.Cells * (double)CellLayout.CellBytes) - bytes, -_burst);
            if (!use.HasMore)
            {
                TakeBack(share);
            }
            else if (share is { Allowance: 0, IsWaiting: false, IsOver: false } && (bytes == 0 || !HasTokens))
            {
                share.IsWaiting = true;
                _waiting.Enqueue(share);
                Arm();
            }
        }
    }

    /// <summary>The link is gone.</summary>
    internal void Forget(PaceShare share)
    {
        lock (_lock)
        {
            share.IsOver = true;
            TakeBack(share);
        }
    }

    public void Dispose()
    {
        _limits.Changed -= Change;
        _timer.Dispose();
    }

    private void Change()
    {
        var now = _limits.Now;
        lock (_lock)
        {
            Refill();
            _rate = now.BytesPerSecond;
            _burst = Math.Max(
                Math.Max(now.BurstBytes, _rate / BurstsPerSecond),
                Quantum * CellLayout.CellBytes);
            _tokens = Math.Min(_tokens, _burst);
            double gathers = _rate > 0 ? Quantum * CellLayout.CellBytes / _rate : 0;
            _beat = TimeSpan.FromSeconds(
                Math.Clamp(gathers, ShortestBeat.TotalSeconds, LongestBeat.TotalSeconds));
            Volatile.Write(ref _isLimited, _rate > 0 ? 1 : 0);
        }

        // Those who wait are asked to look at the new rate.
        Serve();
    }

    private void Refill()
    {
        long now = _time.GetTimestamp();
        _tokens = Math.Min(_tokens + (_time.GetElapsedTime(_filledAt, now).TotalSeconds * _rate), _burst);
        _filledAt = now;
    }

    // Whoever has just sent may go on while there is something and nobody waits.
    private bool HasTokens => _waiting.Count == 0 && _tokens >= CellLayout.CellBytes;

    private void TakeBack(PaceShare share)
    {
        _tokens += share.Allowance * (double)CellLayout.CellBytes;
        share.Allowance = 0;
    }

    private int Draw(int most)
    {
        int cells = (int)Math.Clamp(Math.Floor(_tokens / CellLayout.CellBytes), 0, most);
        _tokens -= cells * (double)CellLayout.CellBytes;
        return cells;
    }

    private void Arm()
    {
        if (!_isArmed)
        {
            _isArmed = true;
            double missing = Math.Max(CellLayout.CellBytes - _tokens, 0) / _rate;

            // One tick more: rounded down, the timer would fire a moment before the cell is paid for.
            var wait = TimeSpan.FromSeconds(missing) + TimeSpan.FromTicks(1);
            _timer.Change(wait > _beat ? wait : _beat, Timeout.InfiniteTimeSpan);
        }
    }

    private void Serve()
    {
        PaceShare[] served;
        lock (_lock)
        {
            _isArmed = false;
            Refill();
            served = [.. Deal()];
            if (_waiting.Count > 0)
            {
                Arm();
            }
        }

        foreach (var share in served)
        {
            share.Wake();
        }
    }

    // All that there is, in turn; who got nothing stays, and is the first to be dealt to the next time.
    private List<PaceShare> Deal()
    {
        var round = _waiting.Where(share => !share.IsOver).ToList();
        _waiting.Clear();
        for (int turn = 0; round.Count > 0 && _rate > 0 && Draw(Turn) is > 0 and var cells; turn++)
        {
            round[turn % round.Count].Allowance += cells;
        }

        var served = round.FindAll(share => share.Allowance > 0 || _rate == 0);
        served.ForEach(share => share.IsWaiting = false);
        round.FindAll(share => share.IsWaiting).ForEach(_waiting.Enqueue);
        return served;
    }
}

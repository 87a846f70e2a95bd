using Veil.Wire.Store;

namespace Veil.Storage.Serving;

/// <summary>
/// What all streams of one circuit may ask of a store (spec/store.md, section 13): buffers, requests a second, PUTs
/// without a stamp that pays. Safe for concurrent use.
/// </summary>
public sealed class CircuitShare
{
    /// <summary>Units a second, and at once after silence: 8,192 PUTs (256 MiB) or 16,384 GETs (512 MiB).</summary>
    public const int UnitsPerSecond = 16_384;

    /// <summary>PUTs without a stamp that pays, at once; as many as four streams can have on their way.</summary>
    public const int UnpaidAtOnce = 256;

    /// <summary>How soon one more of those is allowed.</summary>
    public static readonly TimeSpan UnpaidPause = TimeSpan.FromMilliseconds(250);

    // Shorter waits are not worth a timer: they add up until they are.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(5);

    private readonly TimeProvider _time;
    private readonly Lock _lock = new();

    // Under the lock: units asked beyond what time has made good, and when that was reckoned.
    private double _debt;
    private long _reckonedAt;
    private double _unpaid;
    private long _unpaidAt;

    /// <summary>The share of a circuit that has asked nothing yet.</summary>
    /// <param name="store">The buffers of all circuits.</param>
    /// <param name="time">The clock.</param>
    public CircuitShare(StoreBudget store, TimeProvider time)
    {
        Blocks = new StoreBudget(StoreLayout.MaxInFlight, store);
        _time = time;
        _reckonedAt = _unpaidAt = time.GetTimestamp();
    }

    /// <summary>The circuit's buffers: as many as one stream may use.</summary>
    public StoreBudget Blocks { get; }

    /// <summary>Counts a request, and says how long nothing more is to be read.</summary>
    public TimeSpan Charge(StoreFrameType request)
    {
        lock (_lock)
        {
            _debt = Math.Max(0, _debt - (SecondsSince(ref _reckonedAt) * UnitsPerSecond)) + UnitsOf(request);
            var wait = TimeSpan.FromSeconds((_debt - UnitsPerSecond) / UnitsPerSecond);
            return wait < ShortestWait ? TimeSpan.Zero : wait;
        }
    }

    /// <summary>Counts a PUT without a stamp that pays; false when there were too many and the stream is to end.
    /// </summary>
    public bool TryCountUnpaid()
    {
        lock (_lock)
        {
            _unpaid = Math.Max(0, _unpaid - (SecondsSince(ref _unpaidAt) / UnpaidPause.TotalSeconds)) + 1;
            return _unpaid <= UnpaidAtOnce;
        }
    }

    // What a request costs the store: a PUT is written, a record's signature is checked.
    private static int UnitsOf(StoreFrameType request) => request switch
    {
        StoreFrameType.Put => 2,
        StoreFrameType.PutRecord => 16,
        _ => 1,
    };

    private double SecondsSince(ref long moment)
    {
        var before = moment;
        moment = _time.GetTimestamp();
        return _time.GetElapsedTime(before, moment).TotalSeconds;
    }
}

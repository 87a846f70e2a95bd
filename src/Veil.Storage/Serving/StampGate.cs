using Veil.Storage.Blocks;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;

namespace Veil.Storage.Serving;

/// <summary>
/// Looks at the stamp of each PUT before anything of it is copied, hashed or written (spec/stamp.md, section 3), and
/// says what the store asks at present. Shared by all sessions of a store; safe for concurrent use.
/// </summary>
public sealed class StampGate
{
    /// <summary>How long the price before a rise still buys: what is on its way when the price rises has been paid for.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    // How long "full" is answered without asking for a stamp first.
    private static readonly TimeSpan FullFor = TimeSpan.FromSeconds(60);

    private readonly NetworkId _network;
    private readonly RelayId _store;
    private readonly IBlockStore _blocks;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();

    // Under the lock.
    private StampTariff _tariff;
    private StampPrice _asked;
    private StampPrice _former;
    private long _formerSince;
    private long? _fullSince;

    private long _unpaid;

    /// <summary>A gate that asks what the store's fill level says from the first PUT on.</summary>
    /// <param name="network">The network that stamps are of.</param>
    /// <param name="store">The store that they are for.</param>
    /// <param name="blocks">Its fill level.</param>
    /// <param name="time">Its clock: days, and how long a former price still buys.</param>
    /// <param name="tariff">What it asks at which fill level.</param>
    public StampGate(NetworkId network, RelayId store, IBlockStore blocks, TimeProvider time, StampTariff tariff)
    {
        (_network, _store, _blocks, _time, _tariff) = (network, store, blocks, time, tariff);
        _asked = _former = tariff.At(blocks.Bytes, blocks.Quota);
    }

    /// <summary>What is asked at present.</summary>
    public StampPrice Price
    {
        get
        {
            lock (_lock)
            {
                return Ask();
            }
        }
    }

    /// <summary>PUTs refused for want of a stamp that is worth the price.</summary>
    public long Unpaid => Interlocked.Read(ref _unpaid);

    /// <summary>Changes what is asked at which fill level, from the next PUT on: the owner's word needs no grace.
    /// </summary>
    public void SetTariff(StampTariff tariff)
    {
        lock (_lock)
        {
            _tariff = tariff;
            _asked = _former = tariff.At(_blocks.Bytes, _blocks.Quota);
        }
    }

    /// <summary>Whether the stamp of a PUT whose lease is sold pays for it; else the refusal.</summary>
    public StoreRefusal Check(in StoreRequest put)
    {
        var days = put.Lease.End.PaidDays(_time.GetUtcNow());
        StampPrice price;
        bool isFull;
        lock (_lock)
        {
            Ask();
            price = _former < _asked ? _former : _asked;
            isFull = _fullSince is { } since && _time.GetElapsedTime(since) < FullFor;
        }

        var terms = new StampTerms(_network, _store, put.Reference, put.Lease.End);
        if (terms.IsPaid(put.Lease.Stamp, price.Work(days)))
        {
            return StoreRefusal.None;
        }

        Interlocked.Increment(ref _unpaid);

        // Whoever brings something new need not pay to learn that there is no room; whoever renews sees the price.
        return isFull ? StoreRefusal.Full : StoreRefusal.Unpaid;
    }

    /// <summary>Takes note of whether a new block was taken, or refused because the store is full.</summary>
    internal void Note(PutOutcome outcome)
    {
        if (outcome is PutOutcome.Stored or PutOutcome.Full)
        {
            lock (_lock)
            {
                _fullSince = outcome == PutOutcome.Full ? _time.GetTimestamp() : null;
            }
        }
    }

    private StampPrice Ask()
    {
        var price = _tariff.At(_blocks.Bytes, _blocks.Quota);
        if (price != _asked && _former >= _asked)
        {
            // The first change in a while: what was asked until now still buys.
            _former = _asked;
            _formerSince = _time.GetTimestamp();
        }

        _asked = price;
        if (_former < _asked && _time.GetElapsedTime(_formerSince) >= Grace)
        {
            _former = _asked;
        }

        return price;
    }
}

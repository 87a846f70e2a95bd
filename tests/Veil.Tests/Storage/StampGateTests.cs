using Veil.Storage.Blocks;
using Veil.Storage.Serving;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>What a store asks, and what it takes (spec/stamp.md, section 3).</summary>
public sealed class StampGateTests : IAsyncDisposable
{
    private static readonly NetworkId Network = new(StoreRig.RefOf(100).Value);
    private static readonly RelayId Store = new(StoreRig.RefOf(101).Value);

    private readonly ManualTime _time = new();
    private readonly FilledStore _store = new();

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(499, 0)]
    [InlineData(500, 2)]
    [InlineData(549, 2)]
    [InlineData(550, 4)]
    [InlineData(600, 8)]
    [InlineData(650, 16)]
    [InlineData(700, 32)]
    [InlineData(750, 64)]
    [InlineData(800, 128)]
    [InlineData(850, 256)]
    [InlineData(900, 512)]
    [InlineData(950, 1024)]
    [InlineData(1000, 1024)]
    [InlineData(1500, 1024)] // The quota was lowered.
    public void The_price_rises_with_the_fill_level(long bytes, int price) =>
        Assert.Equal((uint)price, new StampTariff().At(bytes, 1_000).HashesPerDay);

    [Theory]
    [InlineData(1 << 20, 0, 0, 2048)]
    [InlineData(1 << 20, 0, 1000, 1 << 20)]
    [InlineData(0, 0, 1000, 0)]
    [InlineData(1024, 100, 1000, 0)]
    [InlineData(1, 50, 949, 0)]
    [InlineData(1, 50, 950, 1)]
    public void The_owner_chooses_the_curve(int full, int free, long bytes, int price) =>
        Assert.Equal(
            (uint)price,
            new StampTariff { FullPrice = (uint)full, FreePercent = free }.At(bytes, 1_000).HashesPerDay);

    [Fact]
    public void A_tariff_reckons_with_the_largest_quotas() =>
        Assert.Equal(512u, new StampTariff().At(long.MaxValue / 100 * 93, long.MaxValue).HashesPerDay);

    [Fact]
    public void A_stamp_that_pays_is_taken_and_no_other()
    {
        _store.Bytes = 850;
        var gate = NewGate();
        var put = Paid(gate.Price);

        Assert.Equal(256u, gate.Price.HashesPerDay);
        Assert.Equal(StoreRefusal.None, gate.Check(put));
        Assert.Equal(StoreRefusal.Unpaid, gate.Check(With(put, stamp: new Stamp(put.Lease.Stamp.Nonce ^ 1))));
        Assert.Equal(StoreRefusal.Unpaid, gate.Check(put with { Reference = StoreRig.RefOf(2) }));
        Assert.Equal(StoreRefusal.Unpaid, gate.Check(With(put, end: LeaseDay.ForDays(59, _time.GetUtcNow()))));
        Assert.Equal(StoreRefusal.Unpaid, NewGate(store: new RelayId(StoreRig.RefOf(7).Value)).Check(put));
        Assert.Equal(StoreRefusal.Unpaid, NewGate(network: new NetworkId(StoreRig.RefOf(7).Value)).Check(put));
        Assert.Equal(3, gate.Unpaid);
    }

    [Fact]
    public void A_short_lease_costs_less_and_its_stamp_buys_no_longer_one()
    {
        _store.Bytes = 1_000;
        var gate = NewGate();
        var terms = Terms(LeaseDay.ForDays(60, _time.GetUtcNow()));

        // Worth six days, for sixty.
        var stamp = Find(terms, 6 * 1024);
        Assert.False(terms.IsPaid(stamp, 60 * 1024), "by chance once in ten");
        Assert.Equal(StoreRefusal.Unpaid, gate.Check(Put(terms.End, stamp)));

        var shorter = Terms(LeaseDay.ForDays(6, _time.GetUtcNow()));
        Assert.Equal(StoreRefusal.None, gate.Check(Put(shorter.End, Find(shorter, 6 * 1024))));
    }

    [Fact]
    public void What_was_paid_before_a_rise_is_taken_for_a_minute()
    {
        _store.Bytes = 500;
        var gate = NewGate();
        var early = Cheap(2, dearer: 1024);
        _store.Bytes = 1_000;

        Assert.Equal(1024u, gate.Price.HashesPerDay);
        Assert.Equal(StoreRefusal.None, gate.Check(early));
        _time.Advance(StampGate.Grace - TimeSpan.FromSeconds(1));
        Assert.Equal(StoreRefusal.None, gate.Check(early));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(StoreRefusal.Unpaid, gate.Check(early));
    }

    [Fact]
    public void A_price_that_goes_on_rising_does_not_keep_the_first_one_alive()
    {
        _store.Bytes = 500;
        var gate = NewGate();
        var early = Cheap(2, dearer: 4);
        for (_store.Bytes = 550; _store.Bytes < 1_000; _store.Bytes += 50)
        {
            _ = gate.Price;
            _time.Advance(TimeSpan.FromSeconds(20));
        }

        Assert.Equal(StoreRefusal.Unpaid, gate.Check(early));
    }

    [Fact]
    public void A_price_that_falls_is_all_that_is_asked()
    {
        _store.Bytes = 1_000;
        var gate = NewGate();
        var cheap = Cheap(2, dearer: 1024);
        Assert.Equal(StoreRefusal.Unpaid, gate.Check(cheap));
        _store.Bytes = 500;
        Assert.Equal(StoreRefusal.None, gate.Check(cheap));
        gate.SetTariff(new StampTariff { FullPrice = 0 });
        Assert.Equal((StampPrice.Free, StoreRefusal.None), (gate.Price, gate.Check(Put(cheap.Lease.End, Stamp.None))));
    }

    [Fact]
    public void After_a_new_block_found_no_room_whoever_has_not_paid_is_told_so_for_a_minute()
    {
        _store.Bytes = 1_000;
        var gate = NewGate();
        var unpaid = Cheap(1, dearer: 1024);
        gate.Note(PutOutcome.AlreadyStored);
        Assert.Equal(StoreRefusal.Unpaid, gate.Check(unpaid));
        gate.Note(PutOutcome.Full);
        Assert.Equal(StoreRefusal.Full, gate.Check(unpaid));
        Assert.Equal(StoreRefusal.None, gate.Check(Paid(gate.Price)));
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(StoreRefusal.Unpaid, gate.Check(unpaid));
        gate.Note(PutOutcome.Full);
        gate.Note(PutOutcome.Stored);
        Assert.Equal(StoreRefusal.Unpaid, gate.Check(unpaid));
    }

    private StampGate NewGate(NetworkId? network = null, RelayId? store = null) =>
        new(network ?? Network, store ?? Store, _store, _time, new StampTariff());

    private StoreRequest Paid(StampPrice price)
    {
        var end = LeaseDay.ForDays(60, _time.GetUtcNow());
        return Put(end, Find(Terms(end), price.Work(60)));
    }

    /// <summary>Pays for one price and not for the other.</summary>
    private StoreRequest Cheap(uint price, uint dearer)
    {
        var end = LeaseDay.ForDays(60, _time.GetUtcNow());
        for (ulong nonce = 0; ; nonce++)
        {
            if (Terms(end).IsPaid(new Stamp(nonce), price * 60) && !Terms(end).IsPaid(new Stamp(nonce), dearer * 60))
            {
                return Put(end, new Stamp(nonce));
            }
        }
    }

    private static StampTerms Terms(LeaseDay end) => new(Network, Store, StoreRig.RefOf(1), end);

    private static Stamp Find(StampTerms terms, ulong work)
    {
        Assert.True(new StampSearch(terms, work).TryFind(int.MaxValue - 3, out var stamp));
        return stamp;
    }

    private static StoreRequest Put(LeaseDay end, Stamp stamp) =>
        new(StoreFrameType.Put, 1, StoreRig.RefOf(1), new PaidLease(end, stamp), default);

    private static StoreRequest With(StoreRequest put, LeaseDay? end = null, Stamp? stamp = null) =>
        put with { Lease = new PaidLease(end ?? put.Lease.End, stamp ?? put.Lease.Stamp) };
}

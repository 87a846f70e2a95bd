using Veil.Content.Edge;
using Veil.Content.Stores;
using Veil.Storage.Serving;
using Veil.Tests.Rig;
using Veil.Tests.Storage;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>A client that pays for leases, and one that does not (spec/stamp.md, section 5).</summary>
public sealed class StampPayerTests : IAsyncDisposable
{
    private static readonly RelayId Store = new(StoreRig.RefOf(101).Value);
    private static readonly BlockRef Block = StoreRig.RefOf(1);

    private readonly ManualTime _time = new();
    private readonly FilledStore _fill = new() { Bytes = 1_000 };
    private StampGate? _gate;
    private int _puts;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fill.DisposeAsync();

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(0, 8, 2)] // Not known: once in vain.
    [InlineData(8, 8, 1)]
    [InlineData(16, 8, 1)]
    [InlineData(8, 4096, 2)] // It has risen.
    public async Task A_block_is_sent_once_where_the_price_is_known_and_again_where_it_is_not(
        int known, int asked, int puts)
    {
        Assert.Equal(StoreOutcome.Done, await StoreAsync((uint)known, (uint)asked));
        Assert.Equal(puts, _puts);
    }

    [Fact]
    public async Task A_price_above_the_limit_is_not_paid()
    {
        // Asked, and left alone; known, and not even asked.
        Assert.Equal((StoreOutcome.TooDear, 1), (await StoreAsync(known: 0, asked: 4097), _puts));
        Assert.Equal((StoreOutcome.TooDear, 1), (await StoreAsync(known: 4097, asked: 8), _puts));
        Assert.Equal((StoreOutcome.Done, 3), (await StoreAsync(known: 0, asked: 4096), _puts));
    }

    [Fact]
    public async Task A_store_that_always_asks_for_more_is_paid_twice_and_left_alone()
    {
        uint price = 0;
        var outcome = await StoreAsync(StampPrice.Free, renews: false, _ =>
            new PutAnswer(StoreOutcome.Failed, StoreRefusal.Unpaid, new StampPrice(++price)));

        Assert.Equal((StoreOutcome.TooDear, StampPayer.MaxTries), (outcome, _puts));
    }

    [Fact]
    public async Task A_store_that_refuses_what_it_asked_for_is_left_alone()
    {
        var outcome = await StoreAsync(StampPrice.Free, renews: false, _ =>
            new PutAnswer(StoreOutcome.Failed, StoreRefusal.Unpaid, new StampPrice(2)));

        Assert.Equal((StoreOutcome.TooDear, StampPayer.MaxTries), (outcome, _puts));
    }

    [Fact]
    public async Task A_full_store_is_paid_by_who_renews_and_not_by_who_brings_something_new()
    {
        PutAnswer Answer(PaidLease lease) => lease.Stamp == Stamp.None
            ? new(StoreOutcome.Full, StoreRefusal.Full, new StampPrice(16))
            : new(StoreOutcome.Done, StoreRefusal.None, new StampPrice(16));

        Assert.Equal(StoreOutcome.Full, await StoreAsync(StampPrice.Free, renews: false, Answer));
        Assert.Equal(1, _puts);
        Assert.Equal(StoreOutcome.Done, await StoreAsync(StampPrice.Free, renews: true, Answer));
        Assert.Equal(3, _puts);

        // It no longer has the block: paying more would not help.
        Assert.Equal(StoreOutcome.Full, await StoreAsync(new StampPrice(16), renews: true, _ =>
            new PutAnswer(StoreOutcome.Full, StoreRefusal.Full, new StampPrice(16))));
        Assert.Equal(4, _puts);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_clock_that_is_a_day_off_still_pays(int days)
    {
        var store = new ManualTime();
        store.Advance(TimeSpan.FromDays(10));
        _time.Advance(TimeSpan.FromDays(10 + days));
        _gate = new StampGate(default, Store, _fill, store, new StampTariff { FullPrice = 256 });
        for (var block = 0; block < 40; block++)
        {
            var reference = StoreRig.RefOf(block);
            var outcome = await StoreAsync(
                new StampPrice(256), renews: false, lease => Check(lease, reference), reference, days: 3);
            Assert.Equal(StoreOutcome.Done, outcome);
        }

        Assert.Equal(40, _puts);
    }

    [Fact]
    public async Task A_search_is_given_up_at_once_and_lets_the_next_one_in()
    {
        var payer = new StampPayer(default, new StoreClientOptions { MaxPrice = uint.MaxValue }, _time);
        using var stop = new CancellationTokenSource();
        var hopeless = payer.StoreAsync(
            (Store, Block),
            (60, false),
            new StampPrice(uint.MaxValue),
            _ => throw new InvalidOperationException(),
            stop.Token);
        var waiting = payer.StoreAsync(
            (Store, Block), (60, false), new StampPrice(2), _ => ValueTask.FromResult(Done), Cancelled);

        Assert.False(hopeless.IsCompleted);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await hopeless);
        Assert.Equal(StoreOutcome.Done, await waiting);
    }

    private async Task<StoreOutcome> StoreAsync(uint known, uint asked)
    {
        _gate = new StampGate(default, Store, _fill, _time, new StampTariff { FullPrice = asked });
        return await StoreAsync(new StampPrice(known), renews: false, Check);
    }

    private async Task<StoreOutcome> StoreAsync(
        StampPrice known,
        bool renews,
        Func<PaidLease, PutAnswer> answer,
        BlockRef? block = null,
        ushort days = 60)
    {
        var payer = new StampPayer(default, new StoreClientOptions(), _time);
        return await payer.StoreAsync(
            (Store, block ?? Block),
            (days, renews),
            known,
            lease =>
            {
                _puts++;
                return ValueTask.FromResult(answer(lease));
            },
            Cancelled);
    }

    private PutAnswer Check(PaidLease lease) => Check(lease, Block);

    private PutAnswer Check(PaidLease lease, BlockRef block)
    {
        var refusal = _gate!.Check(new StoreRequest(StoreFrameType.Put, 1, block, lease, default));
        return refusal == StoreRefusal.None
            ? Done
            : new PutAnswer(StoreOutcome.Failed, refusal, _gate.Price);
    }

    private static PutAnswer Done => new(StoreOutcome.Done, StoreRefusal.None, StampPrice.Free);
}

using System.IO.Pipelines;
using Veil.Simulation.Storage;
using Veil.Storage.Blocks;
using Veil.Storage.Serving;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>One served stream of a store that asks for stamps (spec/stamp.md, section 3), and what its circuit may ask
/// (spec/store.md, section 13).</summary>
public sealed class PaidSessionTests : IAsyncDisposable
{
    private static readonly NetworkId Network = new(StoreRig.RefOf(100).Value);
    private static readonly RelayId Store = new(StoreRig.RefOf(101).Value);

    private readonly ManualTime _time = new();
    private readonly MemoryBlockStore _blocks;
    private readonly FilledStore _store;
    private readonly StoreBudget _budget = new(blocks: 64);
    private readonly Pipe _requests = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _replies = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly StampGate _gate;
    private readonly CircuitShare _circuit;
    private readonly Task<CloseReason> _session;

    public PaidSessionTests()
    {
        _blocks = new MemoryBlockStore(2 * MemoryBlockStore.BytesPerBlock, _time);

        // In the seventh of ten steps: 64 hashes a day.
        _store = new FilledStore(_blocks) { Bytes = 800 };
        _gate = new StampGate(Network, Store, _store, _time, new StampTariff { FullPrice = 512 });
        _circuit = new CircuitShare(_budget, _time);
        var options = new StoreSessionOptions { Gate = _gate, Circuit = _circuit };
        _session = new StoreSession(
            new DuplexPipe(_requests.Reader, _replies.Writer), _store, _budget, _time, options)
            .RunAsync(CancellationToken.None);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LeaseDay Today => LeaseDay.Of(_time.GetUtcNow());

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task A_stamp_is_looked_at_before_anything_is_copied_hashed_or_written()
    {
        // Neither the block's digest nor its size on disk matters to who has not paid.
        await PutAsync(1, StoreRig.RefOf(1), StoreRig.Block(2), new PaidLease(End(60), Stamp.None));
        Assert.Equal("Refused 1 Unpaid 64", await ReadAsync());
        Assert.Equal((0, 0), (_store.Puts, _budget.Rented));

        await PutAsync(2, StoreRig.RefOf(1), StoreRig.Block(1), Paid(1, 60));
        Assert.Equal("Stored 2 64", await ReadAsync());
        Assert.Equal((1, End(60).StartUnixSeconds), (_store.Puts, _store.LastLease.EndUnixSeconds));
        await EndAsync(CloseReason.PeerClosed);
    }

    [Fact]
    public async Task A_lease_that_is_not_sold_is_refused_whatever_was_paid()
    {
        await PutAsync(1, StoreRig.RefOf(1), StoreRig.Block(1), Paid(1, 62));
        await PutAsync(2, StoreRig.RefOf(1), StoreRig.Block(1), Paid(1, -1));
        Assert.Equal("Refused 1 BadLease 64", await ReadAsync());
        Assert.Equal("Refused 2 BadLease 64", await ReadAsync());
        Assert.Equal(0, _store.Puts);
        await EndAsync(CloseReason.PeerClosed);
    }

    [Fact]
    public async Task A_stamp_sent_again_buys_nothing_new_even_after_its_block_was_lost_or_has_expired()
    {
        var paid = Paid(1, 30);
        await PutAsync(1, StoreRig.RefOf(1), StoreRig.Block(1), paid);
        Assert.Equal("Stored 1 64", await ReadAsync());
        _time.Advance(TimeSpan.FromDays(20));

        // The lease that is there is the lease that it asks for.
        await PutAsync(2, StoreRig.RefOf(1), StoreRig.Block(1), paid);
        Assert.Equal("Stored 2 64", await ReadAsync());
        Assert.Equal(0, await _store.ExpireAsync(_time.GetUtcNow(), Cancellation));

        // Lost to a damaged disk: taken again, until the day that was paid for.
        Assert.True(_blocks.Corrupt(StoreRig.RefOf(1)));
        Assert.False(await StoreRig.HasAsync(_store, 1));
        await PutAsync(3, StoreRig.RefOf(1), StoreRig.Block(1), paid);
        Assert.Equal("Stored 3 64", await ReadAsync());
        Assert.Equal(paid.End.StartUnixSeconds, _store.LastLease.EndUnixSeconds);

        // Over and swept: no longer sold.
        _time.Advance(TimeSpan.FromDays(11));
        Assert.Equal(1, await _store.ExpireAsync(_time.GetUtcNow(), Cancellation));
        await PutAsync(4, StoreRig.RefOf(1), StoreRig.Block(1), paid);
        Assert.Equal("Refused 4 BadLease 64", await ReadAsync());
        Assert.False(await StoreRig.HasAsync(_store, 1));
        await EndAsync(CloseReason.PeerClosed);
    }

    [Fact]
    public async Task A_full_store_refuses_new_blocks_and_renews()
    {
        await PutAsync(1, StoreRig.RefOf(1), StoreRig.Block(1), Paid(1, 30));
        await PutAsync(2, StoreRig.RefOf(2), StoreRig.Block(2), Paid(2, 30));
        Assert.Equal("Stored 1 64", await ReadAsync());
        Assert.Equal("Stored 2 64", await ReadAsync());
        _store.Bytes = 1_000;

        // Nothing is refused for want of room before somebody found that there is none.
        await PutAsync(3, StoreRig.RefOf(3), StoreRig.Block(3), new PaidLease(End(60), Stamp.None));
        Assert.Equal("Refused 3 Unpaid 512", await ReadAsync());
        _time.Advance(StampGate.Grace);
        await PutAsync(4, StoreRig.RefOf(3), StoreRig.Block(3), Paid(3, 60));
        Assert.Equal("Refused 4 Full 512", await ReadAsync());
        await PutAsync(5, StoreRig.RefOf(1), StoreRig.Block(1), new PaidLease(End(60), Stamp.None));
        Assert.Equal("Refused 5 Full 512", await ReadAsync());

        await PutAsync(6, StoreRig.RefOf(1), StoreRig.Block(1), Paid(1, 60));
        Assert.Equal("Stored 6 512", await ReadAsync());
        _time.Advance(TimeSpan.FromDays(40));
        Assert.Equal(1, await _store.ExpireAsync(_time.GetUtcNow(), Cancellation));
        Assert.True(await StoreRig.HasAsync(_store, 1), "the block whose lease was renewed stays");
        await EndAsync(CloseReason.PeerClosed);
    }

    [Fact]
    public async Task Too_many_PUTs_that_do_not_pay_end_the_stream()
    {
        for (uint id = 1; id <= CircuitShare.UnpaidAtOnce; id++)
        {
            await PutAsync(id, StoreRig.RefOf(1), StoreRig.Block(1), new PaidLease(End(60), Stamp.None));
            Assert.Equal($"Refused {id} Unpaid 64", await ReadAsync());
        }

        // Time makes good for one.
        _time.Advance(CircuitShare.UnpaidPause);
        await PutAsync(1000, StoreRig.RefOf(1), StoreRig.Block(1), new PaidLease(End(60), Stamp.None));
        Assert.Equal("Refused 1000 Unpaid 64", await ReadAsync());
        await PutAsync(1001, StoreRig.RefOf(1), StoreRig.Block(1), new PaidLease(End(60), Stamp.None));

        Assert.Equal(CloseReason.ResourceLimit, await _session);
        Assert.Equal((0, 0), (_store.Puts, _budget.Rented));
    }

    [Fact]
    public async Task Whoever_asks_more_than_the_circuits_share_is_read_more_slowly()
    {
        for (uint id = 1; id <= CircuitShare.UnitsPerSecond; id++)
        {
            await GetAsync(id);
        }

        // Beyond: the next is answered, and whoever comes after waits until time has made good for it.
        const uint Beyond = CircuitShare.UnitsPerSecond + 1_000;
        for (uint id = CircuitShare.UnitsPerSecond + 1; id <= Beyond; id++)
        {
            StoreFrameWriter.WriteGet(_requests.Writer, id, StoreRig.RefOf(9));
        }

        await _requests.Writer.FlushAsync(Cancellation);
        await _requests.Writer.CompleteAsync();
        uint answered = CircuitShare.UnitsPerSecond;
        var advanced = TimeSpan.Zero;
        while (answered < Beyond)
        {
            var reply = ReadAsync();
            while (!reply.IsCompleted)
            {
                advanced += _time.AdvanceToNextTimer() ? TimeSpan.FromTicks(1) : TimeSpan.Zero;
                await Task.Yield();
            }

            answered++;
            Assert.Equal($"NotFound {answered}", await reply);
        }

        Assert.True(advanced > TimeSpan.Zero, "nothing was ever waited for");
        Assert.InRange((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds, 0.05, 0.07);
        Assert.Equal(CloseReason.PeerClosed, await _session);
    }

    [Fact]
    public void A_circuits_buffers_are_those_of_all_and_no_more_than_one_stream_may_use()
    {
        var budget = new StoreBudget(blocks: 100);
        var (one, other) = (new CircuitShare(budget, _time), new CircuitShare(budget, _time));
        var lent = Enumerable.Range(0, 64).Select(_ => one.Blocks.TryRent()!).ToList();

        Assert.Null(one.Blocks.TryRent());
        lent.AddRange(Enumerable.Range(0, 36).Select(_ => other.Blocks.TryRent()!));
        Assert.Null(other.Blocks.TryRent());
        Assert.DoesNotContain(null, lent);
        Assert.Equal((64, 36, 100), (one.Blocks.Rented, other.Blocks.Rented, budget.Rented));
        one.Blocks.Return(lent[0]);
        Assert.NotNull(other.Blocks.TryRent());
        Assert.Equal((63, 37, 100), (one.Blocks.Rented, other.Blocks.Rented, budget.Rented));
    }

    private async Task GetAsync(uint id)
    {
        StoreFrameWriter.WriteGet(_requests.Writer, id, StoreRig.RefOf(9));
        await _requests.Writer.FlushAsync(Cancellation);
        Assert.Equal($"NotFound {id}", await ReadAsync());
    }

    private LeaseDay End(int days) => new((ushort)Math.Max(0, Today.Value + days + 1));

    private PaidLease Paid(int seed, int days)
    {
        var end = End(days);
        var terms = new StampTerms(Network, Store, StoreRig.RefOf(seed), end);
        var search = new StampSearch(terms, Math.Max(1, _gate.Price.Work(Math.Max(1, days))));
        Assert.True(search.TryFind(int.MaxValue - 3, out var stamp));
        return new PaidLease(end, stamp);
    }

    private async Task PutAsync(uint id, BlockRef reference, byte[] block, PaidLease lease)
    {
        StoreFrameWriter.WritePut(_requests.Writer, id, reference, lease, block);
        await _requests.Writer.FlushAsync(Cancellation);
    }

    private async Task EndAsync(CloseReason reason)
    {
        await _requests.Writer.CompleteAsync();
        Assert.Equal(reason, await _session);
        Assert.Equal(0, _budget.Rented);
    }

    private async Task<string> ReadAsync()
    {
        while (true)
        {
            var read = await _replies.Reader.ReadAsync(Cancellation);
            var buffer = read.Buffer;
            if (StoreFrameReader.TryReadReply(ref buffer, out var reply) == StoreReadResult.Frame)
            {
                _replies.Reader.AdvanceTo(buffer.Start);
                return $"{reply.Type} {reply.RequestId}"
                    + (reply.Type == StoreFrameType.Refused ? $" {reply.Refusal}" : "")
                    + (reply.Type == StoreFrameType.NotFound ? "" : $" {reply.Price.HashesPerDay}");
            }

            Assert.False(read.IsCompleted, "the stream ended");
            _replies.Reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

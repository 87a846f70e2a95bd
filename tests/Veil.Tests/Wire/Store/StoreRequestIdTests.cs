using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Wire.Store;

/// <summary>Request ids at both ends (spec/store.md, section 2).</summary>
public sealed class StoreRequestIdTests
{
    [Fact]
    public void StoreRequestOrder_accepts_growing_ids_and_no_others()
    {
        var order = default(StoreRequestOrder);

        Assert.False(order.TryAccept(0));
        Assert.True(order.TryAccept(1));
        Assert.False(order.TryAccept(1));
        Assert.True(order.TryAccept(9));
        Assert.False(order.TryAccept(8));
        Assert.True(order.TryAccept(uint.MaxValue));
        Assert.False(order.TryAccept(uint.MaxValue));
        Assert.False(order.TryAccept(0));
    }

    [Fact]
    public void StorePendingRequests_gives_out_growing_ids_up_to_its_bound()
    {
        var pending = new StorePendingRequests(maxInFlight: 2);

        Assert.True(pending.TryBegin(StoreFrameType.Put, out var first));
        Assert.True(pending.TryBegin(StoreFrameType.Get, out var second));
        Assert.False(pending.TryBegin(StoreFrameType.Get, out _));
        Assert.Equal(2, pending.Count);
        Assert.True(pending.TryComplete(Reply(StoreFrameType.NotFound, second)));
        Assert.True(pending.TryBegin(StoreFrameType.Get, out var third));

        Assert.Equal([1u, 2u, 3u], [first, second, third]);
    }

    [Fact]
    public void StorePendingRequests_refuses_a_reply_that_nothing_waits_for()
    {
        var pending = new StorePendingRequests();
        pending.TryBegin(StoreFrameType.Put, out var id);

        Assert.False(pending.TryComplete(Reply(StoreFrameType.Stored, id + 1)));
        Assert.True(pending.TryComplete(Reply(StoreFrameType.Stored, id)));
        Assert.False(pending.TryComplete(Reply(StoreFrameType.Stored, id)));
    }

    [Theory]
    [InlineData(StoreFrameType.Put, StoreFrameType.Stored, StoreRefusal.None, true)]
    [InlineData(StoreFrameType.Put, StoreFrameType.Block, StoreRefusal.None, false)]
    [InlineData(StoreFrameType.Put, StoreFrameType.NotFound, StoreRefusal.None, false)]
    [InlineData(StoreFrameType.Put, StoreFrameType.Refused, StoreRefusal.Full, true)]
    [InlineData(StoreFrameType.Put, StoreFrameType.Refused, StoreRefusal.Overloaded, true)]
    [InlineData(StoreFrameType.Put, StoreFrameType.Refused, StoreRefusal.Unpaid, true)]
    [InlineData(StoreFrameType.PutRecord, StoreFrameType.Refused, StoreRefusal.Unpaid, false)]
    [InlineData(StoreFrameType.Get, StoreFrameType.Refused, StoreRefusal.Unpaid, false)]
    [InlineData(StoreFrameType.Get, StoreFrameType.Stored, StoreRefusal.None, false)]
    [InlineData(StoreFrameType.Get, StoreFrameType.Block, StoreRefusal.None, true)]
    [InlineData(StoreFrameType.Get, StoreFrameType.NotFound, StoreRefusal.None, true)]
    [InlineData(StoreFrameType.Get, StoreFrameType.Refused, StoreRefusal.Full, false)]
    [InlineData(StoreFrameType.Get, StoreFrameType.Refused, StoreRefusal.Overloaded, true)]
    [InlineData(StoreFrameType.Get, StoreFrameType.Record, StoreRefusal.None, false)]
    [InlineData(StoreFrameType.Put, StoreFrameType.Refused, StoreRefusal.BadRecord, false)]
    [InlineData(StoreFrameType.PutRecord, StoreFrameType.Stored, StoreRefusal.None, true)]
    [InlineData(StoreFrameType.PutRecord, StoreFrameType.Refused, StoreRefusal.Outdated, true)]
    [InlineData(StoreFrameType.PutRecord, StoreFrameType.Refused, StoreRefusal.BadLease, false)]
    [InlineData(StoreFrameType.GetRecord, StoreFrameType.Record, StoreRefusal.None, true)]
    [InlineData(StoreFrameType.GetRecord, StoreFrameType.Fork, StoreRefusal.None, true)]
    [InlineData(StoreFrameType.GetRecord, StoreFrameType.NotFound, StoreRefusal.None, true)]
    [InlineData(StoreFrameType.GetRecord, StoreFrameType.Block, StoreRefusal.None, false)]
    [InlineData(StoreFrameType.GetRecord, StoreFrameType.Refused, StoreRefusal.WrongDay, false)]
    public void StorePendingRequests_accepts_only_replies_that_answer_the_request(
        StoreFrameType request,
        StoreFrameType reply,
        StoreRefusal refusal,
        bool fits)
    {
        var pending = new StorePendingRequests();
        pending.TryBegin(request, out var id);

        Assert.Equal(fits, pending.TryComplete(Reply(reply, id, refusal)));
        Assert.Equal(fits ? 0 : 1, pending.Count);
    }

    [Fact]
    public void StorePendingRequests_refuses_misuse()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new StorePendingRequests(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StorePendingRequests(65));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new StorePendingRequests().TryBegin(StoreFrameType.Stored, out _));
    }

    private static StoreReply Reply(StoreFrameType type, uint id, StoreRefusal refusal = StoreRefusal.None) =>
        new(type, id, refusal, default);
}

using System.IO.Pipelines;
using Veil.Simulation.Storage;
using Veil.Storage.Blocks;
using Veil.Storage.Serving;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Denying;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>One served stream (spec/store.md, sections 2 and 3).</summary>
public sealed class StoreSessionTests : IAsyncDisposable
{
    private readonly ManualTime _time = new(StoreRig.Start);
    private readonly GatedStore _store;
    private readonly StoreBudget _budget = new(blocks: 64);
    private readonly Pipe _requests = new();
    private readonly Pipe _replies = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(BlockRef Reference, bool Stored)> _seen = [];
    private readonly Denylist _denylist = new();

    public StoreSessionTests()
    {
        _store = new GatedStore(new MemoryBlockStore(4 * MemoryBlockStore.BytesPerBlock, _time));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _stop.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task A_block_is_put_got_and_missed()
    {
        var session = Run();
        StoreFrameWriter.WritePut(_requests.Writer, 1, StoreRig.RefOf(1), StoreRig.Unpaid(), StoreRig.Block(1));
        await _requests.Writer.FlushAsync(Cancellation);
        Assert.Equal("Stored 1", await ReadAsync());
        StoreFrameWriter.WriteGet(_requests.Writer, 2, StoreRig.RefOf(1));
        await _requests.Writer.FlushAsync(Cancellation);
        Assert.Equal($"Block 2 {StoreRig.RefOf(1).Value}", await ReadAsync());
        StoreFrameWriter.WriteGet(_requests.Writer, 3, StoreRig.RefOf(2));
        await _requests.Writer.FlushAsync(Cancellation);
        Assert.Equal("NotFound 3", await ReadAsync());

        await _requests.Writer.CompleteAsync();
        Assert.Equal(CloseReason.PeerClosed, await session);
        Assert.Equal([(StoreRig.RefOf(1), true), (StoreRig.RefOf(1), false)], _seen);
        Assert.Equal("end", await ReadAsync());
    }

    [Fact]
    public async Task A_denied_block_is_answered_as_by_a_full_store_without_it_and_the_store_is_not_asked()
    {
        await StoreAsync(1);
        _denylist.Replace([Denylist.HashOf(StoreRig.RefOf(1))]);
        var session = Run();
        StoreFrameWriter.WriteGet(_requests.Writer, 1, StoreRig.RefOf(1));
        StoreFrameWriter.WritePut(_requests.Writer, 2, StoreRig.RefOf(1), StoreRig.Unpaid(), StoreRig.Block(1));
        await _requests.Writer.CompleteAsync();
        Assert.Equal(["NotFound 1", "Refused 2 Full", "end"], await ReadAllAsync());
        Assert.Equal(CloseReason.PeerClosed, await session);
        Assert.Equal((0, 2L, 0), (_store.Reads, _denylist.Refusals, _seen.Count));
    }

    [Fact]
    public async Task Refusals_say_why()
    {
        var session = Run();
        var put = new PipePut(_requests.Writer);
        put.Write(1, StoreRig.RefOf(2), 60, StoreRig.Block(1));
        put.Write(2, StoreRig.RefOf(1), 0, StoreRig.Block(1));
        put.Write(3, StoreRig.RefOf(1), 63, StoreRig.Block(1));
        for (var seed = 0; seed < 5; seed++)
        {
            put.Write((uint)(10 + seed), StoreRig.RefOf(seed), 62, StoreRig.Block(seed));
        }

        await _requests.Writer.FlushAsync(Cancellation);
        await _requests.Writer.CompleteAsync();

        Assert.Equal(
            [
                "Refused 1 BadReference", "Refused 2 BadLease", "Refused 3 BadLease",
                "Stored 10", "Stored 11", "Stored 12", "Stored 13", "Refused 14 Full", "end",
            ],
            await ReadAllAsync());
        Assert.Equal(CloseReason.PeerClosed, await session);
    }

    [Fact]
    public async Task Replies_come_in_the_order_in_which_requests_end()
    {
        await StoreAsync(1, 2);
        var first = _store.Hold(StoreRig.RefOf(1));
        var session = Run();
        StoreFrameWriter.WriteGet(_requests.Writer, 1, StoreRig.RefOf(1));
        StoreFrameWriter.WriteGet(_requests.Writer, 2, StoreRig.RefOf(2));
        await _requests.Writer.FlushAsync(Cancellation);

        Assert.StartsWith("Block 2", await ReadAsync(), StringComparison.Ordinal);
        first.SetResult();
        Assert.StartsWith("Block 1", await ReadAsync(), StringComparison.Ordinal);

        await _requests.Writer.CompleteAsync();
        Assert.Equal(CloseReason.PeerClosed, await session);
    }

    [Fact]
    public async Task No_more_is_read_while_as_many_as_allowed_are_under_way()
    {
        await StoreAsync(1);
        var held = _store.Hold(StoreRig.RefOf(1));
        var session = Run(maxInFlight: 3);
        for (uint id = 1; id <= 10; id++)
        {
            StoreFrameWriter.WriteGet(_requests.Writer, id, StoreRig.RefOf(1));
        }

        await _requests.Writer.FlushAsync(Cancellation);
        await _store.WaitForReadsAsync(3);
        Assert.Equal(3, _store.Reads);
        Assert.Equal(3, _budget.Rented);
        held.SetResult();

        await _requests.Writer.CompleteAsync();
        var replies = await ReadAllAsync();
        Assert.Equal(11, replies.Count);
        Assert.Equal(3, _store.MostReadsAtOnce);
        Assert.Equal(CloseReason.PeerClosed, await session);
        Assert.Equal(0, _budget.Rented);
    }

    [Fact]
    public async Task Without_a_free_buffer_a_request_is_refused_as_overloaded()
    {
        await StoreAsync(1);
        var held = _store.Hold(StoreRig.RefOf(1));
        var budget = new StoreBudget(blocks: 1);
        var session = Run(budget: budget);
        StoreFrameWriter.WriteGet(_requests.Writer, 1, StoreRig.RefOf(1));
        StoreFrameWriter.WriteGet(_requests.Writer, 2, StoreRig.RefOf(1));
        await _requests.Writer.FlushAsync(Cancellation);

        Assert.Equal("Refused 2 Overloaded", await ReadAsync());
        held.SetResult();
        Assert.StartsWith("Block 1", await ReadAsync(), StringComparison.Ordinal);

        await _requests.Writer.CompleteAsync();
        Assert.Equal(CloseReason.PeerClosed, await session);
        Assert.Equal(0, budget.Rented);
    }

    [Theory]
    [InlineData("ffffffff")]
    [InlineData("0000002503")]
    [InlineData("0000000581")]
    [InlineData("000000250200000000")] // Id 0; the reference follows.
    [InlineData("000000250200000001")] // The same id twice; the reference follows.
    public async Task A_malformed_request_ends_the_session(string hex)
    {
        var session = Run();
        StoreFrameWriter.WriteGet(_requests.Writer, 1, StoreRig.RefOf(1));
        await _requests.Writer.FlushAsync(Cancellation);
        Assert.Equal("NotFound 1", await ReadAsync());

        await _requests.Writer.WriteAsync(Convert.FromHexString(hex), Cancellation);
        await _requests.Writer.WriteAsync(new byte[32], Cancellation);

        Assert.Equal(CloseReason.Malformed, await session);
        Assert.Equal("end", await ReadAsync());
    }

    [Fact]
    public async Task A_malformed_request_does_not_wait_for_a_peer_that_does_not_read()
    {
        await StoreAsync(1);
        var session = Run();
        for (uint id = 1; id <= 20; id++)
        {
            StoreFrameWriter.WriteGet(_requests.Writer, id, StoreRig.RefOf(1));
        }

        await _requests.Writer.WriteAsync(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }, Cancellation);

        Assert.Equal(CloseReason.Malformed, await session);
        Assert.Equal(0, _budget.Rented);
    }

    [Fact]
    public async Task A_stream_that_ends_within_a_frame_is_closed_by_its_peer()
    {
        var session = Run();
        await _requests.Writer.WriteAsync(Convert.FromHexString("00000025020000"), Cancellation);
        await _requests.Writer.CompleteAsync();

        Assert.Equal(CloseReason.PeerClosed, await session);
    }

    [Fact]
    public async Task A_peer_that_stops_reading_for_good_ends_the_session()
    {
        await StoreAsync(1);
        var session = Run();
        await _replies.Reader.CompleteAsync();
        StoreFrameWriter.WriteGet(_requests.Writer, 1, StoreRig.RefOf(1));
        await _requests.Writer.FlushAsync(Cancellation);

        Assert.Equal(CloseReason.PeerClosed, await session);
        Assert.Equal(0, _budget.Rented);
    }

    [Fact]
    public async Task A_stream_that_breaks_is_closed_by_its_peer()
    {
        var session = Run();
        await _requests.Writer.CompleteAsync(new IOException("reset"));

        Assert.Equal(CloseReason.PeerClosed, await session);
    }

    [Fact]
    public async Task Stopping_ends_the_session_when_what_is_under_way_has_ended()
    {
        await StoreAsync(1);
        var held = _store.Hold(StoreRig.RefOf(1));
        var session = Run();
        StoreFrameWriter.WriteGet(_requests.Writer, 1, StoreRig.RefOf(1));
        await _requests.Writer.FlushAsync(Cancellation);
        await _store.WaitForReadsAsync(1);

        _stop.Cancel();
        Assert.False(session.IsCompleted);
        held.SetResult();

        Assert.Equal(CloseReason.Stopping, await session);
        Assert.Equal(0, _budget.Rented);
    }

    [Fact]
    public async Task Stopping_does_not_wait_for_a_peer_that_does_not_read()
    {
        await StoreAsync(1);
        var session = Run(maxInFlight: 2);
        for (uint id = 1; id <= 30; id++)
        {
            StoreFrameWriter.WriteGet(_requests.Writer, id, StoreRig.RefOf(1));
        }

        await _requests.Writer.FlushAsync(Cancellation);
        // Both that may be under way are written, and more than the pipe takes.
        await _store.WaitForReadsAsync(2);
        _stop.Cancel();

        Assert.Equal(CloseReason.Stopping, await session);
        Assert.Equal(0, _budget.Rented);
    }

    [Fact]
    public async Task A_session_stays_on_the_scheduler_that_it_was_started_on()
    {
        var scheduler = new QueueScheduler();
        var requests = new Pipe(QueueScheduler.PipeOptions);
        var replies = new Pipe(QueueScheduler.PipeOptions);
        var stream = new DuplexPipe(requests.Reader, replies.Writer);
        var store = new MemoryBlockStore(4 * MemoryBlockStore.BytesPerBlock, _time);
        var options = new StoreSessionOptions { MaxInFlight = 2 };
        var session = scheduler.Start(
            () => new StoreSession(stream, store, _budget, _time, options).RunAsync(_stop.Token));
        var peer = scheduler.Start(async () =>
        {
            for (uint id = 1; id <= 20; id++)
            {
                StoreFrameWriter.WritePut(
                    requests.Writer, id, StoreRig.RefOf(1), StoreRig.Unpaid(1), StoreRig.Block(1));
                await requests.Writer.FlushAsync(Cancellation);
            }

            await requests.Writer.CompleteAsync();
            for (var ended = false; !ended;)
            {
                var read = await replies.Reader.ReadAsync(Cancellation);
                replies.Reader.AdvanceTo(read.Buffer.End);
                ended = read.IsCompleted;
            }

            return true;
        });

        // Nothing but the queue runs: when it is empty, everything has ended.
        scheduler.RunUntilIdle();

        Assert.True(peer.IsCompletedSuccessfully);
        Assert.Equal(CloseReason.PeerClosed, await session);
    }

    [Fact]
    public async Task A_failing_disk_refuses_the_put_and_a_bug_ends_the_session()
    {
        var session = Run();
        _store.Failure = new IOException("input/output error");
        StoreFrameWriter.WritePut(_requests.Writer, 1, StoreRig.RefOf(1), StoreRig.Unpaid(), StoreRig.Block(1));
        await _requests.Writer.FlushAsync(Cancellation);
        Assert.Equal("Refused 1 Overloaded", await ReadAsync());

        _store.Failure = new InvalidOperationException("a bug");
        StoreFrameWriter.WritePut(_requests.Writer, 2, StoreRig.RefOf(1), StoreRig.Unpaid(), StoreRig.Block(1));
        await _requests.Writer.FlushAsync(Cancellation);

        Assert.Equal(CloseReason.InternalError, await session);
        Assert.Equal(0, _budget.Rented);
    }

    private Task<CloseReason> Run(int maxInFlight = StoreLayout.MaxInFlight, StoreBudget? budget = null)
    {
        var options = new StoreSessionOptions
        {
            MaxInFlight = maxInFlight,
            Denylist = _denylist,
            OnBlock = (reference, stored) =>
            {
                lock (_seen)
                {
                    _seen.Add((reference, stored));
                }
            },
        };
        var stream = new DuplexPipe(_requests.Reader, _replies.Writer);
        return new StoreSession(stream, _store, budget ?? _budget, _time, options).RunAsync(_stop.Token);
    }

    private async Task StoreAsync(params int[] seeds)
    {
        foreach (var seed in seeds)
        {
            await _store.PutAsync(StoreRig.RefOf(seed), StoreRig.Block(seed), Lease.ForDays(1, _time), Cancellation);
        }
    }

    private async Task<List<string>> ReadAllAsync()
    {
        var replies = new List<string>();
        do
        {
            replies.Add(await ReadAsync());
        }
        while (replies[^1] != "end");
        return replies;
    }

    private async Task<string> ReadAsync()
    {
        while (true)
        {
            var read = await _replies.Reader.ReadAsync(Cancellation);
            var buffer = read.Buffer;
            var result = StoreFrameReader.TryReadReply(ref buffer, out var reply);
            Assert.NotEqual(StoreReadResult.Malformed, result);
            var text = $"{reply.Type} {reply.RequestId}";
            text += reply.Type == StoreFrameType.Refused ? $" {reply.Refusal}" : "";
            text += reply.Type == StoreFrameType.Block
                ? $" {BlockRef.Of(System.Buffers.BuffersExtensions.ToArray(reply.Block)).Value}"
                : "";
            _replies.Reader.AdvanceTo(buffer.Start, result == StoreReadResult.Frame ? buffer.Start : buffer.End);
            if (result == StoreReadResult.Frame)
            {
                return text;
            }

            if (read.IsCompleted)
            {
                return "end";
            }
        }
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>Writes PUTs that the writer of the product refuses to write.</summary>
    private sealed class PipePut(PipeWriter output)
    {
        public void Write(uint id, BlockRef reference, int daysFromToday, byte[] block)
        {
            var frame = new System.Buffers.ArrayBufferWriter<byte>();
            StoreFrameWriter.WritePut(frame, id, reference, StoreRig.Unpaid(), block);
            var bytes = frame.WrittenSpan.ToArray();
            var day = LeaseDay.Of(StoreRig.Start).Value + daysFromToday;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(41), (ushort)day);
            System.Buffers.BuffersExtensions.Write(output, bytes);
        }
    }
}

using System.IO.Pipelines;
using Veil.Simulation.Storage;
using Veil.Storage.Blocks;
using Veil.Storage.Serving;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>
/// How far a store reads ahead of its peers (spec/store.md, section 7). Nothing but the queue runs: when it is empty,
/// everybody waits for the disk, for a peer, or for the test.
/// </summary>
public sealed class ReadAheadTests : IAsyncDisposable
{
    private const int Ahead = 8;
    private const int InFlight = StoreLayout.MaxInFlight;

    private readonly ManualTime _time = new(StoreRig.Start);
    private readonly QueueScheduler _scheduler = new();
    private readonly GatedStore _store;
    private readonly StoreBudget _budget = new();
    private readonly CancellationTokenSource _stop = new();

    public ReadAheadTests()
    {
        _store = new GatedStore(new MemoryBlockStore(4 * MemoryBlockStore.BytesPerBlock, _time));
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Dispose();
        await _store.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Circuits_that_do_not_read_leave_buffers_to_others(bool fromDisk)
    {
        await StoreAsync(1);
        await StoreAsync(2);
        var disk = fromDisk ? _store.Hold(StoreRig.RefOf(1)) : null;
        var stalled = Enumerable.Range(0, 16).Select(_ => new Peer(this)).ToList();
        stalled.ForEach(static peer => peer.Get(1, InFlight));
        Assert.Equal(fromDisk ? 16 * Ahead : 0, _budget.Rented);
        Run(() => disk?.SetResult());
        Assert.InRange(_budget.Rented, 0, 16 * Ahead);

        var other = new Peer(this);
        other.Get(2, InFlight);
        Assert.Equal(Enumerable.Repeat(StoreFrameType.Block, InFlight), other.ReadAll());

        // Whoever reads at last gets everything.
        Assert.Equal(Enumerable.Repeat(StoreFrameType.Block, InFlight), stalled[0].ReadAll());
        Run(_stop.Cancel);
        Assert.All(stalled, static peer => Assert.True(peer.Session.IsCompletedSuccessfully));
        Assert.Equal(0, _budget.Rented);
    }

    [Fact]
    public async Task Reads_for_a_peer_that_reads_are_with_the_disk_side_by_side()
    {
        await StoreAsync(1);
        var disk = _store.Hold(StoreRig.RefOf(1));
        var peer = new Peer(this);
        peer.Get(1, InFlight);
        Assert.Equal(Ahead, _store.Reads);

        Run(disk.SetResult);
        Assert.Equal(Enumerable.Repeat(StoreFrameType.Block, InFlight), peer.ReadAll());
        Assert.Equal((InFlight, Ahead, 0), (_store.Reads, _store.MostReadsAtOnce, _budget.Rented));
    }

    [Fact]
    public async Task The_disk_is_at_work_while_the_peer_takes_blocks()
    {
        await StoreAsync(1);
        await StoreAsync(2);
        var first = _store.Hold(StoreRig.RefOf(1));
        var second = _store.Hold(StoreRig.RefOf(2));
        var peer = new Peer(this);
        peer.Get(1, Ahead / 2);
        peer.Get(2, Ahead);
        Run(first.SetResult);

        // Four are written and not taken, four are with the disk; when the peer has taken those, four more are.
        Assert.Equal((Ahead, Ahead / 2), (_store.Reads, _budget.Rented));
        Assert.Equal(Ahead / 2, peer.ReadAll().Count);
        Assert.Equal((Ahead + (Ahead / 2), Ahead), (_store.Reads, _budget.Rented));

        Run(second.SetResult);
        Assert.Equal(Ahead, peer.ReadAll().Count);
        Assert.Equal(0, _budget.Rented);
    }

    [Fact]
    public async Task What_needs_no_disk_does_not_wait_for_it()
    {
        await StoreAsync(1);
        var disk = _store.Hold(StoreRig.RefOf(1));
        var peer = new Peer(this);
        peer.Get(1, InFlight - 1);
        peer.Put(1);
        Assert.Equal([StoreFrameType.Stored], peer.ReadAll());

        // Nor does the end of the node, but for what is with the disk.
        Run(_stop.Cancel);
        Assert.Equal((Ahead, false), (_budget.Rented, peer.Session.IsCompleted));
        Run(disk.SetResult);
        Assert.Equal(CloseReason.Stopping, await peer.Session);
        Assert.Equal((Ahead, 0), (_store.Reads, _budget.Rented));
    }

    [Fact]
    public async Task A_disk_that_fails_ends_the_session_and_keeps_no_buffer()
    {
        await StoreAsync(1);
        var disk = _store.Hold(StoreRig.RefOf(1));
        var peer = new Peer(this);
        peer.Get(1, InFlight);

        Run(() => disk.SetException(new IOException("input/output error")));
        Assert.Equal(CloseReason.InternalError, await peer.Session);
        Assert.Equal((Ahead, 0), (_store.Reads, _budget.Rented));
    }

    // A pipe goes on where its other end was used: all use it from the queue.
    private void Run(Action act)
    {
        var acted = _scheduler.Start(() =>
        {
            act();
            return Task.FromResult(true);
        });
        _scheduler.RunUntilIdle();
        Assert.True(acted.IsCompletedSuccessfully);
    }

    private async Task StoreAsync(int seed) => await _store.PutAsync(
        StoreRig.RefOf(seed), StoreRig.Block(seed), Lease.ForDays(1, _time), StoreRig.Cancellation);

    /// <summary>The other end of one stream, over a circuit of its own.</summary>
    private sealed class Peer
    {
        private readonly ReadAheadTests _test;
        private readonly Pipe _requests = new(new PipeOptions(
            readerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false));

        // Takes four blocks like the send buffer of a circuit's stream, and then pauses.
        private readonly Pipe _replies = new(new PipeOptions(
            readerScheduler: PipeScheduler.Inline,
            writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: 131_072,
            resumeWriterThreshold: 65_536,
            useSynchronizationContext: false));

        private uint _lastId;

        public Peer(ReadAheadTests test)
        {
            _test = test;
            var options = new StoreSessionOptions { Circuit = new CircuitShare(test._budget, test._time) };
            var stream = new Ends(_requests.Reader, _replies.Writer);
            Session = test._scheduler.Start(() =>
                new StoreSession(stream, test._store, test._budget, test._time, options).RunAsync(test._stop.Token));
        }

        public Task<CloseReason> Session { get; }

        public void Get(int seed, int count)
        {
            for (var request = 0; request < count; request++)
            {
                StoreFrameWriter.WriteGet(_requests.Writer, ++_lastId, StoreRig.RefOf(seed));
            }

            Send();
        }

        public void Put(int seed)
        {
            StoreFrameWriter.WritePut(
                _requests.Writer, ++_lastId, StoreRig.RefOf(seed), StoreRig.Unpaid(), StoreRig.Block(seed));
            Send();
        }

        /// <summary>Reads until nothing more comes.</summary>
        public List<StoreFrameType> ReadAll()
        {
            var types = new List<StoreFrameType>();
            int before;
            do
            {
                before = types.Count;
                _test.Run(() => Read(types));
            }
            while (types.Count > before);
            return types;
        }

        private void Read(List<StoreFrameType> types)
        {
            if (!_replies.Reader.TryRead(out var read))
            {
                return;
            }

            var buffer = read.Buffer;
            while (StoreFrameReader.TryReadReply(ref buffer, out var reply) == StoreReadResult.Frame)
            {
                types.Add(reply.Type);
            }

            _replies.Reader.AdvanceTo(buffer.Start, buffer.End);
        }

        private void Send() => _test.Run(() =>
        {
            var flushed = _requests.Writer.FlushAsync(StoreRig.Cancellation);
            Assert.True(flushed.IsCompletedSuccessfully, "the pipe takes everything");
        });

        private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Veil.Links;
using Veil.Links.Record;
using Veil.Links.Tasks;
using Veil.Noise;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Cells;
using Xunit;

namespace Veil.Tests.Links;

/// <summary>A link's loops: how they end, whatever the other side does.</summary>
public sealed class LinkTests : IDisposable
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(index => (byte)index)];

    private readonly KeySlab _slab = new();
    private readonly ManualTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_link_whose_peer_takes_nothing_closes_at_once_when_told_to()
    {
        var (link, _, traffic) = await MakeAsync();
        traffic.Endless = true;
        var running = link.RunAsync(traffic);
        await Eventually.SettlesAsync(() => traffic.Filled);
        Assert.False(running.IsCompleted);

        link.Close(CloseReason.Stopping);

        await running;
        Assert.Equal(CloseReason.Stopping, traffic.ClosedBy);
        Assert.Equal(0, _slab.Rented);
    }

    [Fact]
    public async Task A_link_whose_peer_takes_nothing_for_too_long_closes_itself()
    {
        var (link, far, traffic) = await MakeAsync();
        traffic.Endless = true;
        var running = link.RunAsync(traffic);
        await Eventually.SettlesAsync(() => traffic.Filled);

        // The peer sends, so that it is not silent.
        for (int minute = 0; minute < 3; minute++)
        {
            _time.Advance(TimeSpan.FromSeconds(50));
            await SendPaddingAsync(far);
            link.Tick();
        }

        await running;
        Assert.Equal(CloseReason.IdleTimeout, traffic.ClosedBy);
    }

    [Fact]
    public async Task A_silent_peer_is_given_two_minutes()
    {
        var (link, _, traffic) = await MakeAsync();
        var running = link.RunAsync(traffic);
        _time.Advance(TimeSpan.FromSeconds(119));
        link.Tick();
        Assert.Equal(CloseReason.None, link.ClosedBy);

        _time.Advance(TimeSpan.FromSeconds(2));
        link.Tick();

        await running;
        Assert.Equal(CloseReason.IdleTimeout, traffic.ClosedBy);
    }

    [Fact]
    public async Task Padding_is_sent_after_half_a_minute_of_silence()
    {
        var (link, far, traffic) = await MakeAsync();
        var running = link.RunAsync(traffic);
        _time.Advance(TimeSpan.FromSeconds(31));
        link.Tick();

        var result = await far.Transport.Input.ReadAsync(Token);
        Assert.Equal(RecordLayout.TotalBytes(1), result.Buffer.Length);
        using var cipher = new CounterCipher(Key, _slab, RecordLayout.RecordsPerKey);
        var buffer = result.Buffer;
        var cells = new byte[8 * CellLayout.CellBytes];
        Assert.Equal(RecordStatus.Opened, new RecordReader(cipher).TryRead(ref buffer, cells, out _));
        Assert.Equal(-1, cells.AsSpan(0, CellLayout.CellBytes).IndexOfAnyExcept((byte)0));
        link.Close(CloseReason.Done);
        await running;
    }

    [Fact]
    public async Task Garbage_after_the_handshake_closes_the_link()
    {
        foreach (var (first, reason) in new[] { ((byte)9, CloseReason.Malformed), ((byte)1,
            CloseReason.AuthenticationFailed) })
        {
            var (link, far, traffic) = await MakeAsync();
            var bytes = new byte[RecordLayout.TotalBytes(1)];
            bytes[0] = first;
            await far.Transport.Output.WriteAsync(bytes, Token);
            await link.RunAsync(traffic);
            Assert.Equal(reason, traffic.ClosedBy);
            Assert.True((await far.Transport.Input.ReadAsync(Token)).IsCompleted);
        }
    }

    [Fact]
    public async Task A_peer_that_ends_in_the_middle_of_a_record_has_closed()
    {
        var (link, far, traffic) = await MakeAsync();
        await far.Transport.Output.WriteAsync(new byte[] { 2, 3, 4 }, Token);
        await far.Transport.Output.CompleteAsync();
        await link.RunAsync(traffic);
        Assert.Equal(CloseReason.PeerClosed, traffic.ClosedBy);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_defect_of_what_runs_over_it_ends_the_link_and_is_kept(bool reading)
    {
        var (link, far, traffic) = await MakeAsync();
        traffic.ThrowsOnCells = reading;
        traffic.ThrowsOnFill = !reading;
        await SendPaddingAsync(far);
        await link.RunAsync(traffic);
        Assert.Equal(CloseReason.InternalError, traffic.ClosedBy);
        Assert.IsType<InvalidOperationException>(link.Fault);
        Assert.Equal(0, _slab.Rented);
    }

    [Fact]
    public async Task Signals_from_many_threads_are_never_lost()
    {
        var signal = new AsyncSignal();
        int produced = 0, seen = 0;
        const int Each = 50_000;
        var producers = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (int count = 0; count < Each; count++)
                {
                    Interlocked.Increment(ref produced);
                    signal.Wake();
                }
            },
            Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        while (seen < 4 * Each)
        {
            await signal.WaitAsync();
            seen = Volatile.Read(ref produced);
        }

        await Task.WhenAll(producers);
    }

    [Fact]
    public async Task A_scope_awaits_what_was_started_and_reports_what_failed()
    {
        var faults = new List<Exception>();
        var scope = new TaskScope(faults.Add);
        var gate = new TaskCompletionSource();
        Assert.True(scope.Start(_ => gate.Task));
        Assert.True(scope.Start(token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token)));
        Assert.True(scope.Start(_ => throw new InvalidOperationException()));
        Assert.Equal(2, scope.Count);

        var ending = scope.DisposeAsync();
        var again = scope.DisposeAsync();
        Assert.False(ending.IsCompleted || again.IsCompleted);
        Assert.False(scope.Start(_ => Task.CompletedTask));
        gate.SetResult();

        await ending;
        await again;
        Assert.IsType<InvalidOperationException>(Assert.Single(faults));
        Assert.Equal(0, scope.Count);
    }

    public void Dispose() => _slab.Dispose();

    private async Task<(Link Link, ConnectionContext Far, Traffic Traffic)> MakeAsync()
    {
        var transport = new PipeTransport();
        var place = new IPEndPoint(IPAddress.Loopback, 1);
        var listener = await transport.BindAsync(place, Token);
        var near = await transport.ConnectAsync(place, Token);
        var far = (await listener.AcceptAsync(Token))!;
        var send = new CounterCipher(Key, _slab, RecordLayout.RecordsPerKey);
        var receive = new CounterCipher(Key, _slab, RecordLayout.RecordsPerKey);
        return (new Link(near, (send, receive), new LinkPeer(null, null, true), _time, new LinkOptions()), far,
            new Traffic());
    }

    private readonly Dictionary<ConnectionContext, CounterCipher> _far = [];

    private async Task SendPaddingAsync(ConnectionContext far)
    {
        if (!_far.TryGetValue(far, out var cipher))
        {
            // Keys outside the slab under test, whose count is asserted.
            _far[far] = cipher = new CounterCipher(Key, new KeySlab(), RecordLayout.RecordsPerKey);
        }

        var wire = new ArrayBufferWriter<byte>();
        new RecordWriter(cipher).Write(new byte[CellLayout.CellBytes], wire);
        await far.Transport.Output.WriteAsync(wire.WrittenMemory, Token);
    }

    private sealed class Traffic : LinkTraffic
    {
        private long _filled;

        internal bool Endless { get; set; }

        internal bool ThrowsOnCells { get; set; }

        internal bool ThrowsOnFill { get; set; }

        internal long Filled => Interlocked.Read(ref _filled);

        internal CloseReason ClosedBy { get; private set; }

        public override CloseReason OnCells(Span<byte> cells) =>
            ThrowsOnCells ? throw new InvalidOperationException() : CloseReason.None;

        public override int Fill(Span<byte> cells)
        {
            if (ThrowsOnFill)
            {
                throw new InvalidOperationException();
            }

            Interlocked.Increment(ref _filled);
            return Endless ? 8 : 0;
        }

        public override void OnClosed(CloseReason reason) => ClosedBy = reason;
    }
}

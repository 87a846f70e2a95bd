using System.Buffers;
using System.IO.Pipelines;
using Veil.Simulation.Kernel;

namespace Veil.Simulation.Network;

/// <summary>
/// One direction of a connection: takes what the sender wrote, has it under way for a while, and gives it to the
/// receiver's pipe in order. Three bounds make the back-pressure: the sender's pipe, the window, the receiver's pipe.
/// </summary>
internal sealed class Flow : ScheduledEvent
{
    private readonly SimulatedNetwork _network;
    private readonly SimulatedConnection _from;
    private readonly SimulatedConnection _to;
    private readonly PipeReader _source;
    private readonly PipeWriter _sink;
    private readonly NetworkPath _path;
    private readonly Queue<Segment> _underWay = new();
    private TaskCompletionSource? _windowOpens;
    private TimeSpan _lastArrival;
    private int _bytesUnderWay;
    private bool _isDelivering;
    private bool _isOver;
    private bool _isReset;

    internal Flow(SimulatedNetwork network, SimulatedConnection from, SimulatedConnection to)
    {
        _network = network;
        _from = from;
        _to = to;
        _source = from.Sent.Reader;
        _sink = to.Received.Writer;
        _path = network.PathBetween(from.Owner, to.Owner);
    }

    private enum SegmentKind
    {
        Data,
        End,
        Reset,
    }

    /// <inheritdoc/>
    public override SimulationContext Context => _network.Kernel.Root.Context;

    /// <summary>The end that what is sent here arrives at.</summary>
    internal SimulatedConnection Receiver => _to;

    /// <summary>
    /// Moves bytes from the sender's pipe onto the way until the sender ends or either side is gone. Owned by the
    /// loop, out of which an exception of it comes and ends the run.
    /// </summary>
    internal async void Start()
    {
        var ending = SegmentKind.End;
        try
        {
            while (await TakeAsync())
            {
            }
        }
#pragma warning disable CA1031 // Whatever exception the writer completed its side with, it comes out here.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The stream is broken off, not ended.
            ending = SegmentKind.Reset;
        }
        await _source.CompleteAsync();
        if (!_isOver)
            Put(ending, [], 0, _network.Kernel.Elapsed);
    }

    /// <summary>Drops what is under way, ends the sender's side, and lets a reset travel to the receiver.</summary>
    internal void Reset()
    {
        if (_isReset)
            return;
        _isReset = true;
        Close();
        _lastArrival = TimeSpan.Zero;
        Put(SegmentKind.Reset, [], 0, _network.Kernel.Elapsed);
    }

    /// <summary>Drops what is under way and ends the sender's side: nothing arrives any more.</summary>
    internal void Close()
    {
        _isOver = true;
        // A delivery that waits for the reader will not be waited for: a reset overtakes it.
        _isDelivering = false;
        _network.Kernel.Cancel(this);
        while (_underWay.TryDequeue(out var segment))
            Return(segment);
        _source.CancelPendingRead();
        OpenWindow();
    }

    /// <inheritdoc/>
    protected internal override void Fire()
    {
        if (_isDelivering || _underWay.Count == 0 || _path.Holds(this))
            return;
        if (_underWay.Peek().Arrival > _network.Kernel.Elapsed)
        {
            ScheduleNext();
            return;
        }
        var segment = _underWay.Dequeue();
        if (segment.Kind == SegmentKind.Data)
            Deliver(segment);
        else
            Finish(segment.Kind);
    }

    /// <summary>Takes one segment's worth from the sender.</summary>
    /// <returns>False when the sender has ended, or the flow is over.</returns>
    private async Task<bool> TakeAsync()
    {
        while (_bytesUnderWay >= _network.Options.WindowBytes && !_isOver)
            await (_windowOpens = new TaskCompletionSource()).Task;
        if (_isOver)
            return false;
        var result = await _source.ReadAsync();
        if (_isOver)
            return false;
        var taken = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, _network.Options.SegmentBytes));
        if (!taken.IsEmpty)
        {
            var bytes = (int)taken.Length;
            var buffer = _network.Segments.Rent();
            taken.CopyTo(buffer);
            Put(SegmentKind.Data, buffer, bytes, WhenSent(bytes));
        }
        var isLast = result.IsCompleted && taken.Length == result.Buffer.Length;
        _source.AdvanceTo(taken.End);
        return !isLast;
    }

    private TimeSpan WhenSent(int bytes) => ReferenceEquals(_from.Owner, _to.Owner)
        ? _network.Kernel.Elapsed
        : _from.Owner.Uplink.Send(bytes);

    private void Put(SegmentKind kind, byte[] buffer, int bytes, TimeSpan sentAt)
    {
        var arrival = sentAt + _path.NextLatency();
        _lastArrival = arrival > _lastArrival ? arrival : _lastArrival;
        _underWay.Enqueue(new Segment(kind, buffer, bytes, _lastArrival));
        _bytesUnderWay += bytes;
        if (_underWay.Count == 1 && !_isDelivering)
            ScheduleNext();
    }

    private void ScheduleNext()
    {
        if (_underWay.Count == 0)
            return;
        var wait = _underWay.Peek().Arrival - _network.Kernel.Elapsed;
        _network.Kernel.Schedule(this, wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
    }

    private void Deliver(Segment segment)
    {
        if (_to.IsClosed)
        {
            // Nobody is there to take it: the machine answers with a reset, as it does for a closed socket.
            Return(segment);
            Close();
            _to.Outgoing.Reset();
            return;
        }
        _network.Kernel.Trace.Record(_to.Owner.Name, "net.bytes", _to.Number, segment.Bytes);
        _sink.Write(segment.Buffer.AsSpan(0, segment.Bytes));
        _isDelivering = true;
        Return(segment);
        var flush = _sink.FlushAsync();
        if (flush.IsCompleted)
            Continue();
        else
            ContinueWhenRead(flush);
    }

    // Owned by the flow: _isDelivering holds every other delivery back until it is through.
    private async void ContinueWhenRead(ValueTask<FlushResult> flush)
    {
        await flush;
        Continue();
    }

    private void Continue()
    {
        _isDelivering = false;
        OpenWindow();
        ScheduleNext();
    }

    private void Finish(SegmentKind kind)
    {
        _isOver = true;
        _network.Kernel.Trace.Record(_to.Owner.Name, kind == SegmentKind.End ? "net.end" : "net.reset", _to.Number);
        if (kind == SegmentKind.End)
            _to.EndReceived();
        else
            _to.ResetReceived();
    }

    private void Return(Segment segment)
    {
        if (segment.Kind != SegmentKind.Data)
            return;
        _bytesUnderWay -= segment.Bytes;
        _network.Segments.Return(segment.Buffer);
    }

    private void OpenWindow()
    {
        var opens = _windowOpens;
        _windowOpens = null;
        opens?.TrySetResult();
    }

    private readonly record struct Segment(SegmentKind Kind, byte[] Buffer, int Bytes, TimeSpan Arrival);
}

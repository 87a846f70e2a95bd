using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using Veil.Circuits.Cells;
using Veil.Circuits.Flow;
using Veil.Links.Tasks;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Streams;

/// <summary>
/// One stream between a client and one end of a circuit (spec/stream.md): reliable bytes in both directions.
/// Read <see cref="Input"/>, write <see cref="Output"/>; complete both, or call <see cref="Reset"/>.
/// Bounded on both sides: by the window towards the reader, by the send buffer from the writer.
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "The field's word for it.")]
public sealed class CircuitStream : IDuplexPipe, IReady<CircuitStream>
{
    /// <summary>Eight cells: few pieces for who moves much, little for who moves little.</summary>
    internal const int SegmentBytes = 16_384;

    private static readonly Action<object?> _flush = static stream => ((CircuitStream)stream!).Flush();

    private readonly StreamEnd _end;
    private readonly Pipe _received;
    private readonly CellCutter _cutter;
    private readonly GrowingWindow _window;
    private int _flag;

    // A pipe's ends are not safe against completion by another thread; a circuit may close at any time.
    private readonly Lock _receiving = new();
    private readonly Lock _sending = new();

    // Reading task of the link; the first is read by others.
    private volatile bool _peerEnded;
    private bool _flushDue;

    // Writing task of the link; the flag is read by others.
    private long _sendAllowance;
    private bool _openSent;
    private volatile bool _endSent;

    // Any thread.
    private long _windowReceived;
    private int _reset;
    private int _charge;
    private Action? _onBroken;

    internal CircuitStream(
        StreamEnd end,
        StreamId id,
        ServiceId service,
        (CircuitOptions Options, GrowingWindow Window, MemoryPool<byte> Blocks) flow)
    {
        var options = flow.Options;
        _end = end;
        Id = id;
        Service = service;
        _window = flow.Window;
        _sendAllowance = options.StreamWindow;

        // The window bounds what is received, so the pipe itself never pauses its writer, the link's reading loop.
        // What an exit's bridge passes on stays on the thread of the link's loop; services may block.
        var scheduler = service == ServiceId.Exit ? TurnScheduler.Instance : PipeScheduler.ThreadPool;
        _received = new Pipe(new PipeOptions(
            flow.Blocks,
            readerScheduler: scheduler,
            pauseWriterThreshold: 0,
            minimumSegmentSize: SegmentBytes));
        var toSend = new Pipe(new PipeOptions(
            flow.Blocks,
            writerScheduler: scheduler,
            pauseWriterThreshold: options.StreamSendBuffer,
            resumeWriterThreshold: options.StreamSendBuffer / 2,
            minimumSegmentSize: SegmentBytes));
        _cutter = new CellCutter(toSend.Reader);
        Input = new WindowedReader(_received.Reader, OnConsumed, Finish);
        Output = new SignallingWriter(toSend.Writer, MarkReady, Reset);
    }

    /// <summary>Number at this end.</summary>
    public StreamId Id { get; }

    /// <summary>What it was opened to.</summary>
    public ServiceId Service { get; }

    /// <summary>What it has in common with the other streams of its circuit's end, and with none else: for comparing by
    /// reference.</summary>
    public object Circuit => _end;

    /// <summary>Bytes from the other side. Ends when the other side ended; throws when the stream was reset or its
    /// circuit closed.</summary>
    public PipeReader Input { get; }

    /// <summary>Bytes to the other side. Completing it ends this direction.</summary>
    public PipeWriter Output { get; }

    /// <summary>At a relay: number and other end of the link that the circuit comes in by, for recordings; null at a
    /// client.</summary>
    public (CircuitId Circuit, EndPoint? Link)? Inner { get; internal set; }

    ref int IReady<CircuitStream>.Flag => ref _flag;

    CircuitStream? IReady<CircuitStream>.NextReady { get; set; }

    /// <summary>Whether the application called <see cref="Reset"/>, or the other side did.</summary>
    internal bool IsReset => Volatile.Read(ref _reset) != 0;

    /// <summary>Whether both directions ended.</summary>
    internal bool IsFinished => _peerEnded && _endSent;

    /// <summary>Whether this side opens it: OPEN goes first.</summary>
    internal bool NeedsOpen { get; init; }

    /// <summary>Cells charged to the node's budget for what it sends.</summary>
    internal int Charge
    {
        init => _charge = value;
    }

    /// <summary>Whether it stands in its end's control queue. Writing task.</summary>
    internal bool InControlQueue { get; set; }

    /// <summary>Whether it stands in its end's data queue. Writing task.</summary>
    internal bool InDataQueue { get; set; }

    /// <summary>Cells sent since its turn began. Writing task.</summary>
    internal int CellsInTurn { get; set; }

    /// <summary>Abandons the stream in both directions. Any thread, idempotent.</summary>
    public void Reset()
    {
        if (IsFinished)
        {
            // The other side has forgotten it: a RESET would be for a stream that never was.
            return;
        }

        if (Interlocked.CompareExchange(ref _reset, 1, 0) == 0)
        {
            EndPipes(new StreamResetException(CloseReason.Done));
            MarkReady();
            TellBroken();
        }
    }

    /// <summary>Has somebody told, once, when the stream is reset by either side or its circuit closes: at once if that
    /// was before. Called by any thread; must return at once.</summary>
    public void WhenBroken(Action tell)
    {
        Volatile.Write(ref _onBroken, tell);
        if (IsReset)
        {
            TellBroken();
        }
    }

    /// <summary>Gives back what the budget was charged with. Any thread, idempotent.</summary>
    internal void Release(CellPool pool)
    {
        _window.Close();
        pool.Release(Interlocked.Exchange(ref _charge, 0));
    }

    /// <summary>The circuit or branch is gone, or the other side reset the stream.</summary>
    internal void Fail(CloseReason reason)
    {
        if (Interlocked.Exchange(ref _reset, 2) == 0)
        {
            EndPipes(new StreamResetException(reason));
            TellBroken();
        }
    }

    /// <summary>Bytes from the other side. Reading task.</summary>
    internal CloseReason OnData(ReadOnlySpan<byte> data)
    {
        if (_peerEnded)
        {
            return CloseReason.Unexpected;
        }

        if (!_window.TryReceive(data.Length))
        {
            return CloseReason.CreditExceeded;
        }

        lock (_receiving)
        {
            if (!IsReset)
            {
                _received.Writer.Write(data);
            }
        }

        // The reader is told once for all that the link's turn brings.
        if (!_flushDue)
        {
            _flushDue = true;
            if (!LoopTurn.TryDefer(_flush, this))
            {
                Flush();
            }
        }

        return CloseReason.None;
    }

    private void Flush()
    {
        _flushDue = false;
        lock (_receiving)
        {
            if (!IsReset && !_peerEnded)
            {
                // Never pauses, see the options: completes at once, and tells the reader.
                var flush = _received.Writer.FlushAsync();
                Debug.Assert(flush.IsCompleted, "the window bounds the pipe");
                _ = flush.GetAwaiter().GetResult();
            }
        }
    }

    /// <summary>The other side is done sending. Reading task.</summary>
    internal CloseReason OnEnd()
    {
        if (_peerEnded)
        {
            return CloseReason.Unexpected;
        }

        _peerEnded = true;
        lock (_receiving)
        {
            if (!IsReset)
            {
                _received.Writer.Complete();
            }
        }

        if (IsFinished)
        {
            _end.Forget(this);
        }

        return CloseReason.None;
    }

    /// <summary>Room for more bytes. Reading task.</summary>
    internal CloseReason OnWindow(uint bytes)
    {
        // More than the protocol can ever grant is a lie, and would overflow.
        if (Interlocked.Add(ref _windowReceived, bytes) > int.MaxValue)
        {
            return CloseReason.Malformed;
        }

        MarkReady();
        return CloseReason.None;
    }

    /// <summary>Writes the next control message. Writing task.</summary>
    internal bool TryFillControl(Span<byte> room)
    {
        if (Interlocked.CompareExchange(ref _reset, 3, 1) == 1)
        {
            _end.Forget(this);
            if ((NeedsOpen && !_openSent) || IsFinished)
            {
                // The other side has never heard of it, or has forgotten it.
                return false;
            }

            RelayMessage.Write(room, MessageType.Reset, Id, []);
            return true;
        }

        if (IsReset || _peerEnded || _window.TakeGrant() is not (> 0 and var due))
        {
            return false;
        }

        Span<byte> data = RelayMessage.Begin(room, MessageType.Window, Id, sizeof(uint));
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)due);
        return true;
    }

    /// <summary>Writes the next data message: OPEN, DATA or END. Writing task.</summary>
    internal bool TryFillData(Span<byte> room)
    {
        if (_endSent || IsReset)
        {
            return false;
        }

        if (NeedsOpen && !_openSent)
        {
            RelayMessage.Write(room, MessageType.Open, Id, [(byte)Service, 0]);
            _openSent = true;
            return true;
        }

        _sendAllowance += Interlocked.Exchange(ref _windowReceived, 0);
        lock (_sending)
        {
            return !IsReset && TryFillBytes(room);
        }
    }

    private bool TryFillBytes(Span<byte> room)
    {
        int bytes = _cutter.Cut(room, Id, _sendAllowance, out bool isOver);
        _sendAllowance -= bytes;
        return bytes > 0 || (isOver && FillEnd(room));
    }

    private bool FillEnd(Span<byte> room)
    {
        RelayMessage.Write(room, MessageType.End, Id, []);
        _endSent = true;
        _cutter.Complete();
        if (IsFinished)
        {
            _end.Forget(this);
        }

        return true;
    }

    private void MarkReady() => _end.MarkReady(this);

    private void TellBroken() => Interlocked.Exchange(ref _onBroken, null)?.Invoke();

    private void OnConsumed(long bytes)
    {
        if (_window.Consume(bytes))
        {
            MarkReady();
        }
    }

    // The application reads no further: unless the other side has ended, it must stop sending.
    private void Finish(Exception? reason)
    {
        if (!_peerEnded)
        {
            Reset();
        }
    }

    private void EndPipes(Exception reason)
    {
        lock (_receiving)
        {
            if (!_peerEnded)
            {
                _received.Writer.Complete(reason);
            }
        }

        lock (_sending)
        {
            if (!_endSent)
            {
                _cutter.Complete(reason);
            }
        }
    }
}

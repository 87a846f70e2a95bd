using System.Buffers.Binary;
using Veil.Circuits.Cells;
using Veil.Circuits.Flow;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Circuits.Streams;

/// <summary>
/// All streams of one end of a circuit or branch (spec/stream.md), the same on the client's and the relay's side.
/// Messages come in on the link's reading task and go out on its writing task; applications are on any.
/// </summary>
internal sealed class StreamEnd
{
    private readonly CircuitContext _context;
    private readonly CircuitOptions _options;
    private readonly Func<CircuitStream, bool>? _accept;
    private readonly CellPool _pool;
    private readonly Action _onReady;
    private readonly ReadyStack<CircuitStream> _ready = new();
    private readonly Tombstones<StreamId> _ended;
    private readonly Lock _lock = new();

    // Under the lock.
    private readonly Dictionary<StreamId, CircuitStream> _streams = [];
    private ushort _lastId;
    private CloseReason _closedBy;

    // Writing task: streams that had something to send, in turn.
    private readonly Queue<CircuitStream> _control = new();
    private readonly StreamTurns _data;

    /// <param name="context">What the node's circuits share.</param>
    /// <param name="accept">At a relay: takes a stream that the client opened, or refuses it. At a client:
    /// null.</param>
    /// <param name="onReady">Wakes the circuit's writing task.</param>
    internal StreamEnd(CircuitContext context, Func<CircuitStream, bool>? accept, Action onReady)
    {
        var options = context.Options;
        _context = context;
        _options = options;
        _pool = context.Pool;
        _accept = accept;
        _onReady = onReady;
        _data = new StreamTurns(context.Time);
        _ended = new Tombstones<StreamId>(context.Time, options.Tombstone, options.MaxStreamTombstones);
    }

    /// <summary>Streams that are open.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _streams.Count;
            }
        }
    }

    /// <summary>Opens a stream; data may be written at once.</summary>
    /// <exception cref="StreamResetException">The end is closed or has as many streams as it may.</exception>
    internal CircuitStream Open(ServiceId service)
    {
        CircuitStream stream;
        lock (_lock)
        {
            if (_closedBy != CloseReason.None || _streams.Count >= _options.MaxStreams || _lastId == ushort.MaxValue
                || !_pool.TryReserve(_options.StreamCells))
            {
                throw new StreamResetException(_closedBy == CloseReason.None ? CloseReason.ResourceLimit : _closedBy);
            }

            var id = new StreamId(++_lastId);
            stream = Make(id, service, needsOpen: true, isCharged: true);
            _streams.Add(id, stream);
            _context.CountStreams(1);
        }

        MarkReady(stream);
        return stream;
    }

    /// <summary>Handles one message. Reading task.</summary>
    internal CloseReason OnMessage(Lane lane, in RelayMessage message)
    {
        bool control = message.Type is MessageType.Window or MessageType.Reset;
        if (control != (lane == Lane.Control) || message.Stream.Value == 0)
        {
            return CloseReason.Unexpected;
        }

        if (message.Type == MessageType.Open)
        {
            return OnOpen(message);
        }

        if (message.Type is not (MessageType.Data or MessageType.End or MessageType.Window or MessageType.Reset))
        {
            return CloseReason.Unexpected;
        }

        CircuitStream? stream;
        lock (_lock)
        {
            _streams.TryGetValue(message.Stream, out stream);
        }

        return stream is not null ? Deliver(stream, message) : OnUnknown(message);
    }

    // In flight when the stream ended here, or a lie.
    private CloseReason OnUnknown(in RelayMessage message)
    {
        if (_accept is null)
        {
            // A client has given out its ids in turn: it knows what was, for good.
            return message.Stream.Value <= Volatile.Read(ref _lastId) ? CloseReason.None : CloseReason.Unexpected;
        }

        if (message.Type == MessageType.Reset && message.Data.IsEmpty)
        {
            // The control lane may overtake the data lane, RESET its OPEN: the id is remembered, and OPEN comes to
            // nothing.
            _ended.Add(message.Stream);
            return CloseReason.None;
        }

        return _ended.Contains(message.Stream) ? CloseReason.None : CloseReason.Unexpected;
    }

    /// <summary>Writes the next control message. Writing task.</summary>
    internal bool TryFillControl(Span<byte> room)
    {
        Collect();
        while (_control.TryPeek(out var stream))
        {
            if (stream.TryFillControl(room))
            {
                return true;
            }

            _control.Dequeue();
            stream.InControlQueue = false;
        }

        return false;
    }

    /// <summary>Writes the next data message, streams in turn. Writing task.</summary>
    internal bool TryFillData(Span<byte> room)
    {
        Collect();
        return _data.TryFill(room);
    }

    /// <summary>A stream may have something to send. Any thread.</summary>
    internal void MarkReady(CircuitStream stream)
    {
        if (_ready.Add(stream))
        {
            _onReady();
        }
    }

    /// <summary>A stream is over. Any thread, idempotent.</summary>
    internal void Forget(CircuitStream stream)
    {
        _ended.Add(stream.Id);
        stream.Release(_pool);
        lock (_lock)
        {
            if (_streams.Remove(stream.Id))
            {
                _context.CountStreams(-1);
            }
        }
    }

    /// <summary>The circuit or branch is gone: ends all streams. Any thread, idempotent.</summary>
    internal void Close(CloseReason reason)
    {
        CircuitStream[] streams;
        lock (_lock)
        {
            _closedBy = reason;
            streams = [.. _streams.Values];
            _streams.Clear();
            _context.CountStreams(-streams.Length);
        }

        foreach (var stream in streams)
        {
            stream.Fail(reason);
            stream.Release(_pool);
        }
    }

    // Takes over a charge, if there is one.
    private CircuitStream Make(StreamId id, ServiceId service, bool needsOpen, bool isCharged)
    {
        var window = isCharged
            ? new GrowingWindow(_context.StreamTerms)
            : GrowingWindow.Closed(_context.StreamTerms);
        return new CircuitStream(this, id, service, (_options, window, _context.StreamBlocks))
        {
            NeedsOpen = needsOpen,
            Charge = isCharged ? _options.SendCells : 0,
        };
    }

    private CloseReason OnOpen(in RelayMessage message)
    {
        if (_accept is null || message.Data.Length != 2 || message.Data[1] != 0)
        {
            return CloseReason.Unexpected;
        }

        CircuitStream stream;
        bool refused;
        lock (_lock)
        {
            if (_closedBy != CloseReason.None || _ended.Contains(message.Stream))
            {
                return CloseReason.None;
            }

            // A RESET may be on its way still when the client opens the next stream; but only so many can be.
            if (_streams.Count >= 2 * _options.MaxStreams)
            {
                return CloseReason.ResourceLimit;
            }

            if (_streams.ContainsKey(message.Stream))
            {
                return CloseReason.Unexpected;
            }

            // What a stranger's stream may hold here, if nobody reads, is charged like the cells that brought it.
            refused = _streams.Count >= _options.MaxStreams || !_pool.TryReserve(_options.StreamCells);
            stream = Make(message.Stream, (ServiceId)message.Data[0], needsOpen: false, isCharged: !refused);
            _streams.Add(message.Stream, stream);
            _context.CountStreams(1);
        }

        if (refused || !_accept(stream))
        {
            stream.Reset();
        }

        return CloseReason.None;
    }

    private CloseReason Deliver(CircuitStream stream, in RelayMessage message)
    {
        switch (message.Type)
        {
            case MessageType.Data:
                return stream.OnData(message.Data);
            case MessageType.End:
                return message.Data.IsEmpty ? stream.OnEnd() : CloseReason.Malformed;
            case MessageType.Window:
                return message.Data.Length == sizeof(uint)
                    ? stream.OnWindow(BinaryPrimitives.ReadUInt32BigEndian(message.Data))
                    : CloseReason.Malformed;
            default:
                Forget(stream);
                stream.Fail(CloseReason.PeerClosed);
                return message.Data.IsEmpty ? CloseReason.None : CloseReason.Malformed;
        }
    }

    private void Collect()
    {
        for (var stream = _ready.TakeAll(); stream is not null;)
        {
            if (!stream.InControlQueue)
            {
                stream.InControlQueue = true;
                _control.Enqueue(stream);
            }

            _data.Add(stream);
            stream = ReadyStack<CircuitStream>.Next(stream);
        }
    }
}

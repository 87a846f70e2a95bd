using System.Buffers;
using System.IO.Pipelines;
using Veil.Storage.Blocks;
using Veil.Storage.Records;
using Veil.Wire;
using Veil.Wire.Names;
using Veil.Wire.Stamps;
using Veil.Wire.Store;

namespace Veil.Storage.Serving;

/// <summary>
/// Serves one stream of the store protocol until it ends (spec/store.md, sections 2 and 3): requests are read while
/// fewer than the bound are under way, carried out side by side, and answered in the order in which they end.
/// </summary>
/// <remarks>
/// Three kinds of work share the stream: one loop reads requests, one task a PUT carries it out, one loop writes
/// replies (<see cref="ReplyWriter"/>). A request holds one of the slots from before it is read until its reply is
/// written, and that bounds all of them.
/// </remarks>
public sealed class StoreSession
{
    private readonly IDuplexPipe _stream;
    private readonly IBlockStore _store;
    private readonly StoreBudget _budget;
    private readonly TimeProvider _time;
    private readonly StoreSessionOptions _options;
    private readonly ReplyWriter _replies;

    // Of the reading loop; the second says whether it holds a slot that no request owns.
    private StoreRequestOrder _order;
    private bool _holdsSlot;

    /// <summary>A session that has not begun; it takes the stream over and completes both of its ends.</summary>
    /// <param name="stream">What the peer sends, and where replies go.</param>
    /// <param name="store">The blocks.</param>
    /// <param name="budget">Shared by all sessions of the store.</param>
    /// <param name="time">From when leases count.</param>
    /// <param name="options">Bounds and observer.</param>
    public StoreSession(
        IDuplexPipe stream,
        IBlockStore store,
        StoreBudget budget,
        TimeProvider time,
        StoreSessionOptions? options = null)
    {
        _stream = stream;
        _store = store;
        _time = time;
        _options = options ?? new StoreSessionOptions();
        _budget = _options.Circuit?.Blocks ?? budget;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.MaxInFlight);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.MaxInFlight, StoreLayout.MaxInFlight);
        _replies = new ReplyWriter(stream, store, _budget, _options);
    }

    /// <summary>
    /// Serves until the peer is done or gone (<see cref="CloseReason.PeerClosed"/>), breaks the protocol
    /// (<see cref="CloseReason.Malformed"/>), or the node stops (<see cref="CloseReason.Stopping"/>). When it
    /// completes, nothing of the session is left running. Call once.
    /// </summary>
    public async Task<CloseReason> RunAsync(CancellationToken cancellationToken)
    {
        using var slots = new SemaphoreSlim(_options.MaxInFlight);
        using var stopping = cancellationToken.Register(_replies.Abandon);
        var writing = _replies.RunAsync(slots);
        var reason = await ReadRequestsAsync(slots, cancellationToken);
        if (reason != CloseReason.PeerClosed)
        {
            _replies.Abandon();
        }

        // A peer that has sent its last request still gets its replies, unless the node stops meanwhile. All is
        // answered when no request holds a slot.
        for (var slot = _holdsSlot ? 1 : 0; slot < _options.MaxInFlight; slot++)
        {
            await slots.WaitAsync(CancellationToken.None);
        }

        _replies.Complete();
        await writing;
        await _stream.Input.CompleteAsync();
        await _stream.Output.CompleteAsync();
        return _replies.HasFailed ? CloseReason.InternalError : reason;
    }

    private async Task<CloseReason> ReadRequestsAsync(SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                // Without the token, with which it would go on by way of the pool. A slot comes free all the same:
                // what is under way ends, and when the node stops, replies no longer wait for the peer.
                await slots.WaitAsync(CancellationToken.None);
                _holdsSlot = true;
                if (await ReadOneAsync(cancellationToken) is { } reason)
                {
                    return reason;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return CloseReason.Stopping;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // What a transport gives a reader whose connection was reset or aborted.
            return CloseReason.PeerClosed;
        }
        catch (Exception)
        {
            _replies.Fail();
            return CloseReason.InternalError;
        }
    }

    /// <summary>Reads and starts one request, which then owns the slot; or says why there is none.</summary>
    private async Task<CloseReason?> ReadOneAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _stream.Input.ReadAsync(cancellationToken);
            if (read.IsCanceled && _replies.IsOver)
            {
                return CloseReason.PeerClosed;
            }

            var buffer = read.Buffer;
            switch (StoreFrameReader.TryReadRequest(ref buffer, out var request))
            {
                case StoreReadResult.Frame when _order.TryAccept(request.RequestId):
                    var type = request.Type;
                    var isServed = TryStart(request);
                    _holdsSlot = false;
                    _stream.Input.AdvanceTo(buffer.Start);
                    if (!isServed)
                    {
                        return CloseReason.ResourceLimit;
                    }

                    await PaceAsync(type, cancellationToken);
                    return null;
                case StoreReadResult.Incomplete when !read.IsCompleted:
                    _stream.Input.AdvanceTo(buffer.Start, buffer.End);
                    break;
                case StoreReadResult.Incomplete:
                    return CloseReason.PeerClosed;
                default:
                    return CloseReason.Malformed;
            }
        }
    }

    // Waits where the circuit has asked more than its share.
    private async ValueTask PaceAsync(StoreFrameType type, CancellationToken cancellationToken)
    {
        if (_options.Circuit?.Charge(type) is { } wait && wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, _time, cancellationToken);
        }
    }

    /// <summary>Starts a request, or answers it; false when the stream is to end because too little was paid too often.
    /// </summary>
    private bool TryStart(in StoreRequest request)
    {
        if (request.Type is StoreFrameType.PutRecord or StoreFrameType.GetRecord)
        {
            StartRecord(request);
            return true;
        }

        var isPut = request.Type == StoreFrameType.Put;
        if (isPut && !request.Lease.End.IsSold(_time.GetUtcNow()))
        {
            _replies.Post(SessionReply.Refuse(request.RequestId, StoreRefusal.BadLease));
        }
        else if ((isPut && _options.TakesNothing()) || _options.Denylist?.Forbids(request.Reference) == true)
        {
            // Nothing that a store without a list would not answer, too.
            _replies.Post(isPut
                ? SessionReply.Refuse(request.RequestId, StoreRefusal.Full)
                : new SessionReply(StoreFrameType.NotFound, request.RequestId));
        }
        else if (isPut && _options.Gate?.Check(request) is { } unpaid and not StoreRefusal.None)
        {
            _replies.Post(SessionReply.Refuse(request.RequestId, unpaid));
            return _options.Circuit?.TryCountUnpaid() != false;
        }
        else if (!isPut)
        {
            _replies.Post(SessionReply.Read(request.RequestId, request.Reference));
        }
        else if (_budget.TryRent() is not { } buffer)
        {
            _replies.Post(SessionReply.Refuse(request.RequestId, StoreRefusal.Overloaded));
        }
        else
        {
            request.Block.CopyTo(buffer);
            _ = PutAsync(request.RequestId, request.Reference, Lease.Until(request.Lease.End), buffer);
        }

        return true;
    }

    private void StartRecord(in StoreRequest request)
    {
        if (request.Type == StoreFrameType.GetRecord)
        {
            var (first, second) = _options.Records?.Find(request.RecordKey) ?? default;
            _replies.Post(first is null
                ? new SessionReply(StoreFrameType.NotFound, request.RequestId)
                : new SessionReply(StoreFrameType.Record, request.RequestId) { Records = (first, second) });
            return;
        }

        Span<byte> bytes = stackalloc byte[NameRecordLayout.Bytes];
        request.Block.CopyTo(bytes);
        if (!NameRecord.TryParse(bytes, out var record))
        {
            _replies.Post(SessionReply.Refuse(request.RequestId, StoreRefusal.BadRecord));
        }
        else if (_options.Records is null || _options.TakesNothing())
        {
            _replies.Post(SessionReply.Refuse(request.RequestId, StoreRefusal.Full));
        }
        else
        {
            _ = PutRecordAsync(request.RequestId, record);
        }
    }

    private async Task PutRecordAsync(uint requestId, NameRecord record)
    {
        var reply = SessionReply.Refuse(requestId, StoreRefusal.Overloaded);
        try
        {
            reply = await _options.Records!.PutAsync(record, CancellationToken.None) switch
            {
                RecordOutcome.Stored => new SessionReply(StoreFrameType.Stored, requestId),
                RecordOutcome.Outdated => SessionReply.Refuse(requestId, StoreRefusal.Outdated),
                RecordOutcome.WrongDay => SessionReply.Refuse(requestId, StoreRefusal.WrongDay),
                RecordOutcome.Full => SessionReply.Refuse(requestId, StoreRefusal.Full),
                _ => reply,
            };
        }
        catch (Exception)
        {
            _replies.Fail();
        }

        _replies.Post(reply);
    }

    private async Task PutAsync(uint requestId, BlockRef reference, Lease lease, byte[] buffer)
    {
        var reply = SessionReply.Refuse(requestId, StoreRefusal.Overloaded);
        try
        {
            // Not cancelled when the stream ends: what was sent whole is worth keeping.
            var outcome = await _store.PutAsync(reference, buffer, lease, CancellationToken.None);
            reply = outcome switch
            {
                PutOutcome.Stored or PutOutcome.AlreadyStored => new SessionReply(StoreFrameType.Stored, requestId),
                PutOutcome.Full => SessionReply.Refuse(requestId, StoreRefusal.Full),
                _ => SessionReply.Refuse(requestId, StoreRefusal.BadReference),
            };
            _options.Gate?.Note(outcome);
            if (reply.Type == StoreFrameType.Stored)
            {
                _options.OnBlock?.Invoke(reference, true);
            }
        }
        catch (IOException)
        {
            // The disk failed: another store may do better, and the refusal says no more than that.
        }
        catch (Exception)
        {
            _replies.Fail();
        }

        _budget.Return(buffer);
        _replies.Post(reply);
    }
}

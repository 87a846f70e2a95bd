using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Content.Edge;
using Veil.Links.Tasks;
using Veil.Wire;
using Veil.Wire.Names;
using Veil.Wire.Stamps;
using Veil.Wire.Store;

namespace Veil.Content.Stores;

/// <summary>
/// One stream to one store over a branch of one group (spec/store.md, section 2): requests go out as they come, replies
/// are matched by number. Ends on the first thing that is wrong; whoever asks next makes a new one.
/// </summary>
internal sealed class StoreConnection : IDisposable
{
    private readonly ClientBranch _branch;
    private readonly CircuitStream _stream;
    private readonly Lock _lock = new();
    private readonly StorePendingRequests _numbers = new();
    private readonly Dictionary<uint, Request> _requests = [];
    private readonly Turnstile _writing = new(1);
    private readonly Turnstile _room = new(StoreLayout.MaxInFlight);

    // Blocks that came and are still to be verified. Reading task.
    private readonly List<Request> _taken = [];
    private bool _ended;
    private long _replies;
    private uint _price;
    private long _lastUsed;

    private StoreConnection(ClientBranch branch, CircuitStream stream)
    {
        _branch = branch;
        _stream = stream;
    }

    /// <summary>Whether requests can still be made.</summary>
    internal bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                return !_ended && !_branch.IsClosed;
            }
        }
    }

    /// <summary>Whether a reply is to come.</summary>
    internal bool IsAwaiting
    {
        get
        {
            lock (_lock)
            {
                return _requests.Count > 0;
            }
        }
    }

    /// <summary>Replies so far: whether it moves tells a slow store from one that is silent.</summary>
    internal long Replies => Interlocked.Read(ref _replies);

    /// <summary>What the store asked in its last reply on this connection that says so. Remembered nowhere else: a
    /// store that asks everybody another price must not find out who comes back.</summary>
    internal StampPrice Price => new(Volatile.Read(ref _price));

    /// <summary>When it was last asked, by its owner's clock.</summary>
    internal long LastUsed
    {
        get => Interlocked.Read(ref _lastUsed);
        set => Interlocked.Exchange(ref _lastUsed, value);
    }

    /// <summary>Opens the stream and starts reading replies in the scope.</summary>
    internal static StoreConnection Start(ClientBranch branch, TaskScope scope)
    {
        var connection = new StoreConnection(branch, branch.Open(ServiceId.Store));
        if (!scope.Start(_ => connection.ReadRepliesAsync()))
        {
            connection.Dispose();
        }

        return connection;
    }

    /// <summary>Asks the store to keep a block.</summary>
    internal async Task<PutAnswer> PutAsync(
        BlockRef reference,
        PaidLease lease,
        ReadOnlyMemory<byte> block,
        CancellationToken cancellationToken)
    {
        var request = new Request(StoreFrameType.Put, reference, default);
        var outcome = await AskAsync(
            request,
            id => StoreFrameWriter.WritePut(_stream.Output, id, reference, lease, block.Span),
            cancellationToken);
        return new PutAnswer(outcome, request.Refusal, request.Price);
    }

    /// <summary>Asks the store for a block.</summary>
    internal Task<StoreOutcome> GetAsync(BlockRef reference, Memory<byte> destination,
        CancellationToken cancellationToken) =>
        AskAsync(
            new Request(StoreFrameType.Get, reference, destination),
            id => StoreFrameWriter.WriteGet(_stream.Output, id, reference),
            cancellationToken);

    /// <summary>Asks the store to keep a record of a name.</summary>
    internal async Task<RecordOutcome> PutRecordAsync(NameRecord record, CancellationToken cancellationToken)
    {
        var request = new Request(StoreFrameType.PutRecord, default, default);
        var outcome = await AskAsync(
            request, id => StoreFrameWriter.WritePutRecord(_stream.Output, id, record), cancellationToken);
        return (outcome, request.Refusal) switch
        {
            (StoreOutcome.Done, _) => RecordOutcome.Done,
            (_, StoreRefusal.Outdated) => RecordOutcome.Outdated,
            (_, StoreRefusal.Full or StoreRefusal.WrongDay or StoreRefusal.BadRecord) => RecordOutcome.Refused,
            _ => RecordOutcome.Failed,
        };
    }

    /// <summary>Asks the store for a record, and checks what comes.</summary>
    internal async Task<RecordAnswer> GetRecordAsync(BlindedKey key, CancellationToken cancellationToken)
    {
        var buffer = new byte[StoreLayout.ForkBodyBytes];
        var request = new Request(StoreFrameType.GetRecord, default, buffer);
        var outcome = await AskAsync(
            request, id => StoreFrameWriter.WriteGetRecord(_stream.Output, id, key), cancellationToken);
        return outcome switch
        {
            StoreOutcome.Done => Check(buffer.AsSpan(0, request.Taken), key),
            StoreOutcome.NotFound => new RecordAnswer(RecordOutcome.NotFound),
            _ => new RecordAnswer(RecordOutcome.Failed),
        };
    }

    /// <summary>Ends the stream and its branch; what was asked fails.</summary>
    public void Dispose()
    {
        Request[] left;
        lock (_lock)
        {
            _ended = true;
            left = [.. _requests.Values];
            _requests.Clear();
        }

        _branch.Await(-left.Length);

        foreach (var request in left)
        {
            request.Complete(StoreOutcome.Failed);
            _room.Leave();
        }

        _stream.Reset();
        _branch.Close();
    }

    private async Task<StoreOutcome> AskAsync(Request request, Action<uint> write, CancellationToken cancellationToken)
    {
        // The place is held until the reply, not until the caller gives up: the store counts the request until then.
        await _room.EnterAsync(cancellationToken);
        bool registered = false;
        try
        {
            await _writing.EnterAsync(cancellationToken);
            try
            {
                registered = TryRegister(request, out uint id);
                if (!registered)
                {
                    Dispose();
                    return StoreOutcome.Failed;
                }

                // The frame is copied here: a caller that gives up may use its buffer again.
                write(id);
                await _stream.Output.FlushAsync(cancellationToken);
            }
            catch (Exception fault) when (fault is IOException or InvalidOperationException)
            {
                Dispose();
                return StoreOutcome.Failed;
            }
            finally
            {
                _writing.Leave();
            }

            return await request.OutcomeAsync(cancellationToken);
        }
        finally
        {
            // A reply that comes after its caller gave up finds nowhere to write.
            request.Abandon();
            if (!registered)
            {
                _room.Leave();
            }
        }
    }

    private bool TryRegister(Request request, out uint id)
    {
        lock (_lock)
        {
            id = 0;
            if (_ended || !_numbers.TryBegin(request.Type, out id))
            {
                return false;
            }

            _requests.Add(id, request);
            _branch.Await(1);
            return true;
        }
    }

    private async Task ReadRepliesAsync()
    {
        try
        {
            while (true)
            {
                var result = await _stream.Input.ReadAsync();
                var buffer = result.Buffer;
                StoreReadResult read;
                while ((read = StoreFrameReader.TryReadReply(ref buffer, out var reply)) == StoreReadResult.Frame)
                {
                    if (!TryComplete(reply))
                    {
                        read = StoreReadResult.Malformed;
                        break;
                    }
                }

                Request.CompleteTaken(_taken);
                _stream.Input.AdvanceTo(buffer.Start, buffer.End);
                if (read == StoreReadResult.Malformed || result.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (IOException)
        {
            // The branch or its circuit closed: the requests fail below.
        }
        finally
        {
            Dispose();
        }
    }

    private bool TryComplete(in StoreReply reply)
    {
        Request? request;
        lock (_lock)
        {
            if (!_numbers.TryComplete(reply) || !_requests.Remove(reply.RequestId, out request))
            {
                return false;
            }
        }

        _branch.Await(-1);
        Interlocked.Increment(ref _replies);
        _room.Leave();
        if (reply.Type == StoreFrameType.Block)
        {
            if (request.TryTake(reply.Block))
            {
                _taken.Add(request);
            }

            return true;
        }

        var outcome = reply.Type switch
        {
            StoreFrameType.Stored => StoreOutcome.Done,
            StoreFrameType.NotFound => StoreOutcome.NotFound,
            StoreFrameType.Record or StoreFrameType.Fork => request.TakeRecords(reply.Block),
            _ => reply.Refusal == StoreRefusal.Full ? StoreOutcome.Full : StoreOutcome.Failed,
        };
        if (reply.Type is StoreFrameType.Stored or StoreFrameType.Refused)
        {
            Volatile.Write(ref _price, reply.Price.HashesPerDay);
        }

        request.Complete(outcome, reply);
        return true;
    }

    private static RecordAnswer Check(ReadOnlySpan<byte> bytes, BlindedKey key)
    {
        NameRecord? second = null;
        if (!NameRecord.TryParse(bytes[..NameRecordLayout.Bytes], out var first)
            || (bytes.Length > NameRecordLayout.Bytes
                && !NameRecord.TryParse(bytes[NameRecordLayout.Bytes..], out second)))
        {
            return new RecordAnswer(RecordOutcome.Lied);
        }

        bool fits = first.Key == key
            && (second is null
                || (second.Key == key && second.Sequence == first.Sequence && !second.Equals(first)));
        return fits
            ? new RecordAnswer(RecordOutcome.Done, first, second)
            : new RecordAnswer(RecordOutcome.Lied);
    }
}

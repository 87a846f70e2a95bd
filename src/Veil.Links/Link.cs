using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Veil.Links.Record;
using Veil.Links.Tasks;
using Veil.Noise;
using Veil.Wire;
using Veil.Wire.Cells;

namespace Veil.Links;

/// <summary>
/// One authenticated link (spec/record.md): a reading loop that opens records and a writing loop that seals them.
/// Each loop owns its cipher and buffers; they share only the signal and the close reason.
/// </summary>
public sealed class Link : IDisposable
{
    // A loop that never has to wait gives its thread back now and then: other connections' loops run there.
    private const int TurnsInARow = 16;

    private readonly ConnectionContext _connection;
    private readonly CounterCipher _sendCipher;
    private readonly CounterCipher _receiveCipher;
    private readonly TimeProvider _time;
    private readonly LinkOptions _options;
    private readonly AsyncSignal _signal = new(inTurn: true);
    private long _lastSent;
    private long _lastReceived;
    private long _flushingSince;
    private int _paddingDue;
    private int _closeReason;

    /// <summary>Wraps a connection whose handshake is complete. The link owns the connection and the ciphers.</summary>
    public Link(
        ConnectionContext connection,
        (CounterCipher Send, CounterCipher Receive) ciphers,
        LinkPeer peer,
        TimeProvider time,
        LinkOptions options)
    {
        _connection = connection;
        (_sendCipher, _receiveCipher) = ciphers;
        _time = time;
        _options = options;
        Peer = peer;
        _lastSent = _lastReceived = time.GetTimestamp();
    }

    /// <summary>Who is at the other end.</summary>
    public LinkPeer Peer { get; }

    /// <summary>Why the link closed, or <see cref="CloseReason.None"/> while it is open.</summary>
    public CloseReason ClosedBy => (CloseReason)Volatile.Read(ref _closeReason);

    /// <summary>The exception behind <see cref="CloseReason.InternalError"/>: a defect of this node, to be
    /// reported.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Tells the writing loop that there may be cells to send. Any thread.</summary>
    public void Wake() => _signal.Wake();

    /// <summary>Closes the link; the first reason counts. Any thread, idempotent.</summary>
    public void Close(CloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _closeReason, (int)reason, (int)CloseReason.None) == (int)CloseReason.None)
        {
            _connection.Transport.Input.CancelPendingRead();
            _connection.Transport.Output.CancelPendingFlush();
            _signal.Wake();
        }
    }

    /// <summary>
    /// Called now and then: sends keep-alives, closes a link whose peer is silent or takes nothing (spec/record.md,
    /// section 4).
    /// </summary>
    public void Tick()
    {
        if (IsOver(_options.IdleTimeout, Volatile.Read(ref _lastReceived))
            || (Volatile.Read(ref _flushingSince) is > 0 and var since && IsOver(_options.IdleTimeout, since - 1)))
        {
            Close(CloseReason.IdleTimeout);
        }
        else if (IsOver(_options.KeepAlive, Volatile.Read(ref _lastSent)))
        {
            Volatile.Write(ref _paddingDue, 1);
            _signal.Wake();
        }
    }

    /// <summary>Runs both loops until the link is closed, then frees everything.</summary>
    public async Task RunAsync(LinkTraffic traffic)
    {
        Task reading = ReadLoopAsync(traffic);
        Task writing = WriteLoopAsync(traffic);
        try
        {
            await reading;
            await writing;
            traffic.OnClosed(ClosedBy);
        }
        finally
        {
            await _connection.DisposeAsync();
            Dispose();
        }
    }

    /// <summary>Wipes the keys; only for a link that was never run.</summary>
    public void Dispose()
    {
        _sendCipher.Dispose();
        _receiveCipher.Dispose();
    }

    private async Task ReadLoopAsync(LinkTraffic traffic)
    {
        var reader = new RecordReader(_receiveCipher);
        var cells = new byte[CellLayout.MaxCellsPerRecord * CellLayout.CellBytes];
        PipeReader input = _connection.Transport.Input;
        CloseReason reason = CloseReason.None;
        try
        {
            int turns = 0;
            while (reason == CloseReason.None && ClosedBy == CloseReason.None)
            {
                var read = input.ReadAsync();
                turns = read.IsCompleted ? turns + 1 : 0;
                ReadResult result = await read;
                var buffer = result.Buffer;
                reason = OpenAll(reader, traffic, cells, ref buffer);
                input.AdvanceTo(buffer.Start, buffer.End);
                Volatile.Write(ref _lastReceived, _time.GetTimestamp());
                if (result.IsCompleted && reason == CloseReason.None)
                {
                    reason = CloseReason.PeerClosed;
                }
                else if (turns >= TurnsInARow)
                {
                    turns = 0;
                    await Task.Yield();
                }
            }
        }
        catch (Exception fault) when (IsConnectionFault(fault))
        {
            reason = CloseReason.ConnectionFailed;
        }
#pragma warning disable CA1031 // One bad link must not take the node down; the fault is kept and reported.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Fault = fault;
            reason = CloseReason.InternalError;
        }

        await EndAsync(input.CompleteAsync, reason);
    }

    private static CloseReason OpenAll(
        RecordReader reader,
        LinkTraffic traffic,
        byte[] cells,
        ref System.Buffers.ReadOnlySequence<byte> buffer)
    {
        using var turn = LoopTurn.Begin();
        RecordStatus status;
        while ((status = reader.TryRead(ref buffer, cells, out int count)) == RecordStatus.Opened)
        {
            CloseReason reason = traffic.OnCells(cells.AsSpan(0, count * CellLayout.CellBytes));
            if (reason != CloseReason.None)
            {
                return reason;
            }
        }

        return status == RecordStatus.Refused ? reader.Refusal : CloseReason.None;
    }

    private async Task WriteLoopAsync(LinkTraffic traffic)
    {
        var writer = new RecordWriter(_sendCipher);
        var cells = new byte[CellLayout.MaxCellsPerRecord * CellLayout.CellBytes];
        PipeWriter output = _connection.Transport.Output;
        CloseReason reason = CloseReason.None;
        bool cutOff = false;
        try
        {
            int turns = 0;
            while (ClosedBy == CloseReason.None)
            {
                if (!TrySend(writer, traffic, cells, output, out var flush))
                {
                    turns = 0;
                    await _signal.WaitAsync();
                    continue;
                }

                turns = flush.IsCompleted ? turns + 1 : 0;
                FlushResult result = await flush;
                Volatile.Write(ref _flushingSince, 0);
                Volatile.Write(ref _lastSent, _time.GetTimestamp());
                cutOff = result.IsCanceled;
                if (result.IsCompleted)
                {
                    reason = CloseReason.PeerClosed;
                    break;
                }

                if (turns >= TurnsInARow)
                {
                    turns = 0;
                    await Task.Yield();
                }
            }
        }
        catch (Exception fault) when (IsConnectionFault(fault))
        {
            reason = CloseReason.ConnectionFailed;
        }
#pragma warning disable CA1031 // One bad link must not take the node down; the fault is kept and reported.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Fault = fault;
            reason = CloseReason.InternalError;
        }

        if (cutOff)
        {
            // The peer takes nothing: completing the output in order would wait for it for ever.
            _connection.Abort(new ConnectionAbortedException("closed while the peer took nothing"));
        }

        await EndAsync(output.CompleteAsync, reason);
    }

    // Completing sends what is left, which may fail like any other write: there is nobody to tell.
    private async ValueTask EndAsync(Func<Exception?, ValueTask> complete, CloseReason reason)
    {
        Close(reason);
        try
        {
            await complete(null);
        }
        catch (Exception fault) when (IsConnectionFault(fault))
        {
            // The link is closed already, with its first reason.
        }
    }

    private bool IsOver(TimeSpan limit, long since) => _time.GetElapsedTime(since) > limit;

    private static bool IsConnectionFault(Exception fault) =>
        fault is IOException or ConnectionAbortedException or ObjectDisposedException or OperationCanceledException;

    /// <summary>Seals and begins to send; false when there was nothing.</summary>
    private bool TrySend(
        RecordWriter writer,
        LinkTraffic traffic,
        byte[] cells,
        PipeWriter output,
        out ValueTask<FlushResult> flush)
    {
        using var turn = LoopTurn.Begin();
        flush = default;
        if (!SealBatch(writer, traffic, cells, output))
        {
            return false;
        }

        // One more than the time stamp, because 0 stands for "no flush".
        Volatile.Write(ref _flushingSince, _time.GetTimestamp() + 1);
        flush = output.FlushAsync();
        return true;
    }

    /// <summary>Seals up to a flush's worth of records; false when there was nothing to send.</summary>
    private bool SealBatch(RecordWriter writer, LinkTraffic traffic, byte[] cells, PipeWriter output)
    {
        int records = 0;
        for (int count; records < _options.RecordsPerFlush && (count = traffic.Fill(cells)) > 0; records++)
        {
            writer.Write(cells.AsSpan(0, count * CellLayout.CellBytes), output);
        }

        if (records == 0 && Interlocked.Exchange(ref _paddingDue, 0) == 1)
        {
            Span<byte> padding = cells.AsSpan(0, CellLayout.CellBytes);
            padding.Clear();
            writer.Write(padding, output);
            records = 1;
        }

        return records > 0;
    }
}

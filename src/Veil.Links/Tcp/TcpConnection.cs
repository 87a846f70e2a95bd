#pragma warning disable RS0030 // Veil.Links/Tcp is the owner of sockets.
using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Veil.Links.Record;

namespace Veil.Links.Tcp;

/// <summary>
/// One TCP connection, both directions over one socket. <see cref="Transport"/> reads and writes the socket directly:
/// no task, thread hop or copy in between, so bytes move only while the owner awaits a read or a flush.
/// <para>One reader and one writer at a time. <c>Output.CompleteAsync</c> sends what is buffered, then FIN: the peer's
/// read completes while its own direction stays open. Completing it with an exception aborts. The owner completes both
/// pipes, then disposes.</para>
/// <para>Reads and flushes throw <see cref="ConnectionResetException"/> when the peer broke the connection,
/// <see cref="ConnectionAbortedException"/> when this side aborted or disposed it, <see cref="IOException"/>
/// otherwise.</para>
/// </summary>
public sealed class TcpConnection : ConnectionContext, IDuplexPipe
{
    private readonly Socket _socket;
    private readonly PipeReader _input;
    private readonly PipeWriter _output;

    // Never disposed: it owns no timer or handle, and a late Abort may still cancel it.
    private readonly CancellationTokenSource _closed = new();
    private IDictionary<object, object?>? _items;
    private IFeatureCollection? _features;
    private int _state = Open;

    private const int Open = 0;
    private const int Aborted = 1;
    private const int Disposed = 2;

    internal TcpConnection(Socket socket, string connectionId, MemoryPool<byte> pool)
    {
        _socket = socket;
        ConnectionId = connectionId;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;

        // A block starts when less than a record's room is left in the last one: most records lie in one segment, and
        // a read is never much smaller than a record. An idle connection waits without a block (zero-byte read).
        _input = PipeReader.Create(
            new SocketSide(socket, this, writes: false),
            new StreamPipeReaderOptions(
                pool,
                bufferSize: TcpTransport.BlockBytes,
                minimumReadSize: RecordLayout.MaxBytes,
                useZeroByteReads: true));
        var writer = PipeWriter.Create(
            new SocketSide(socket, this, writes: true),
            new StreamPipeWriterOptions(pool, TcpTransport.BlockBytes));
        _output = new SocketWriter(writer, this);
        Transport = this;
    }

    /// <summary>Both directions.</summary>
    public override IDuplexPipe Transport { get; set; }

    /// <summary>What arrives.</summary>
    public PipeReader Input => _input;

    /// <summary>What is to be sent; a flush completes when the kernel has taken everything.</summary>
    public PipeWriter Output => _output;

    /// <summary>Unique within the transport; says nothing about the peer.</summary>
    public override string ConnectionId { get; set; }

    /// <summary>Empty until somebody puts something in.</summary>
    public override IFeatureCollection Features => _features ??= new FeatureCollection();

    /// <summary>Empty until somebody puts something in.</summary>
    public override IDictionary<object, object?> Items
    {
        get => _items ??= new Dictionary<object, object?>();
        set => _items = value;
    }

    /// <summary>
    /// Cancelled once, when the connection was aborted or disposed, or when a read or write found it broken.
    /// Not by the peer's FIN: the other direction may go on.
    /// </summary>
    public override CancellationToken ConnectionClosed { get; set; }

    /// <summary>This side's address and port.</summary>
    public override EndPoint? LocalEndPoint { get; set; }

    /// <summary>The peer's address and port. Never logged.</summary>
    public override EndPoint? RemoteEndPoint { get; set; }

    /// <summary>Breaks the connection now: the peer sees a reset, pending reads and flushes here throw.</summary>
    public override void Abort() => Abort(new ConnectionAbortedException());

    /// <inheritdoc cref="Abort()"/>
    /// <param name="abortReason">Stays here: nothing of it travels.</param>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (Interlocked.CompareExchange(ref _state, Aborted, Open) != Open)
        {
            return;
        }

        try
        {
            // Linger 0 makes close send RST.
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (SocketException)
        {
            // The kernel has already ended the connection: there is nobody to reset.
        }

        _socket.Dispose();
        _closed.Cancel();
    }

    /// <summary>
    /// Closes the socket; idempotent. Bytes not flushed are lost, and so may be flushed ones if bytes of the peer's lie
    /// unread: who needs them delivered completes the output and reads to the end first.
    /// </summary>
    public override ValueTask DisposeAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Disposed, Open) == Open)
        {
            FinishWriting();
            _socket.Dispose();
            _closed.Cancel();
        }

        return base.DisposeAsync();
    }

    /// <summary>Sends FIN. Nothing to do on a connection that is already over.</summary>
    internal void FinishWriting()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // The peer or this side was faster: the direction is shut already.
        }
    }

    /// <summary>The one way out of a failed read or write: closes the connection and gives what to throw.</summary>
    internal Exception Break(Exception fault)
    {
        var here = Volatile.Read(ref _state) != Open;
        if (!here)
        {
            _closed.Cancel();
        }

        return (here, fault) switch
        {
            (false, SocketException broken) => SocketFaults.OfTransfer(broken),
            _ => new ConnectionAbortedException("the connection was closed on this side", fault),
        };
    }
}

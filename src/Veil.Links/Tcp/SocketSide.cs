#pragma warning disable RS0030 // Veil.Links/Tcp is the owner of sockets.
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Veil.Links.Tcp;

/// <summary>
/// One direction of a socket as the stream that a <c>PipeReader</c> or <c>PipeWriter</c> stands on. Adds no task, queue
/// or copy: each call is one call of the socket. Disposing the writing side sends FIN; disposing the reading side does
/// nothing, since TCP has no way to say it.
/// </summary>
internal sealed class SocketSide(Socket socket, TcpConnection owner, bool writes) : Stream
{
    private bool _finished;

    public override bool CanRead => !writes;

    public override bool CanWrite => writes;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer,
        CancellationToken cancellationToken = default)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            throw owner.Break(fault);
        }
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default)
    {
        try
        {
            // A stream socket may take a part only.
            while (!buffer.IsEmpty)
            {
                var sent = await socket.SendAsync(buffer, SocketFlags.None, cancellationToken);
                buffer = buffer[sent..];
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            throw owner.Break(fault);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
        // Nothing is held back here.
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("reads are asynchronous");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("writes are asynchronous: flush, or use CompleteAsync, before Complete");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && writes && !_finished)
        {
            _finished = true;
            owner.FinishWriting();
        }

        base.Dispose(disposing);
    }
}

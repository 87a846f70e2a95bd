using System.IO.Pipelines;

namespace Veil.Links.Tcp;

/// <summary>
/// The writer over the sending side of a socket. Adds one thing to the framework's: completing with an exception resets
/// the connection, so that a stream cut short never looks like one that ended.
/// </summary>
internal sealed class SocketWriter(PipeWriter inner, TcpConnection owner) : PipeWriter
{
    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        inner.FlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(
        ReadOnlyMemory<byte> source,
        CancellationToken cancellationToken = default) => inner.WriteAsync(source, cancellationToken);

    public override void Complete(Exception? exception = null)
    {
        AbortOn(exception);
        inner.Complete(exception);
    }

    public override ValueTask CompleteAsync(Exception? exception = null)
    {
        AbortOn(exception);
        return inner.CompleteAsync(exception);
    }

    private void AbortOn(Exception? exception)
    {
        if (exception is not null)
        {
            owner.Abort();
        }
    }
}

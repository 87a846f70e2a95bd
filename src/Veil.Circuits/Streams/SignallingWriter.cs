using System.IO.Pipelines;

namespace Veil.Circuits.Streams;

/// <summary>A pipe writer that wakes the link's writing loop when there is something to fetch.</summary>
internal sealed class SignallingWriter(PipeWriter inner, Action onReady, Action onFailed) : PipeWriter
{
    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var flush = inner.FlushAsync(cancellationToken);
        onReady();
        return flush;
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        if (exception is not null)
        {
            // What was cut short must not look like an end; nor may the exception surface in the writing loop, which
            // reads the pipe.
            onFailed();
        }

        inner.Complete();
        onReady();
    }
}

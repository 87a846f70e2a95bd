using System.Buffers;
using System.IO.Pipelines;

namespace Veil.Circuits.Streams;

/// <summary>A pipe reader that tells how much was consumed, so that the window can be granted again.</summary>
internal sealed class WindowedReader(PipeReader inner, Action<long> onConsumed, Action<Exception?> onComplete)
    : PipeReader
{
    private ReadOnlySequence<byte> _buffer;

    public override bool TryRead(out ReadResult result)
    {
        bool read = inner.TryRead(out result);
        if (read)
        {
            _buffer = result.Buffer;
        }

        return read;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await inner.ReadAsync(cancellationToken);
        _buffer = result.Buffer;
        return result;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        long bytes = _buffer.Slice(0, consumed).Length;
        _buffer = default;
        inner.AdvanceTo(consumed, examined);
        onConsumed(bytes);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        inner.Complete(exception);
        onComplete(exception);
    }
}

using System.Net;

namespace Veil.Node.Control;

/// <summary>
/// A body that is written while the answer is read already. When its source fails, the request ends without having
/// been complete, and <see cref="Failure"/> says why.
/// </summary>
/// <param name="file">What is sent.</param>
/// <param name="index">Of a folder: its index, which goes before its bytes. Empty for a file.</param>
/// <param name="stop">Ended when the source fails.</param>
internal sealed class StreamedContent(
    AddFile file,
    ReadOnlyMemory<byte> index,
    CancellationTokenSource stop) : HttpContent
{
    private const int BufferBytes = 128 * 1024;

    /// <summary>What the source threw.</summary>
    internal Exception? Failure { get; private set; }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(
        Stream stream,
        TransportContext? context,
        CancellationToken cancellationToken)
    {
        if (!index.IsEmpty)
        {
            await stream.WriteAsync(index, cancellationToken);
        }

        var buffer = new byte[BufferBytes];
        while (await ReadAsync(buffer, cancellationToken) is var count and > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    private async ValueTask<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await file.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Failure = failure;
            stop.Cancel();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

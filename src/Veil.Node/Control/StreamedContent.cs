using System.Net;

namespace Veil.Node.Control;

/// <summary>
/// A body that is written while the answer is read already. When its source fails, the request ends without having
/// been complete, and <see cref="Failure"/> says why.
/// </summary>
internal sealed class StreamedContent(AddFile file, CancellationTokenSource stop) : HttpContent
{
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
        try
        {
            await file.CopyToAsync(stream, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is not HttpRequestException)
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

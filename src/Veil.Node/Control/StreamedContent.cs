using System.Net;

namespace Veil.Node.Control;

/// <summary>
/// A body that is written while the answer is read already. When its source fails, the request ends without having
/// been complete, and <see cref="Failure"/> says why.
/// </summary>
/// <param name="file">What is sent.</param>
/// <param name="before">What goes before its bytes: statements, and the index of a folder.</param>
/// <param name="stop">Ended when the source fails.</param>
internal sealed class StreamedContent(
    AddFile file,
    ReadOnlyMemory<byte> before,
    CancellationTokenSource stop) : HttpContent
{
    private const int BufferBytes = 128 * 1024;

    private readonly TaskCompletionSource<byte[]> _signature =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What the source threw, or why nothing was signed.</summary>
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
        if (!before.IsEmpty)
        {
            await stream.WriteAsync(before, cancellationToken);
        }

        var buffer = new byte[BufferBytes];
        while (await ReadAsync(buffer, cancellationToken) is var count and > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }

        if (file.Signer is not null)
        {
            // The node asks for it when it has stored all of this.
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stop.Token);
            await stream.FlushAsync(either.Token);
            await stream.WriteAsync(await _signature.Task.WaitAsync(either.Token), either.Token);
        }
    }

    /// <summary>Signs what the node asks for.</summary>
    internal void Sign(string manifest)
    {
        try
        {
            _signature.TrySetResult(file.Signer!.SignFor(file, Convert.FromBase64String(manifest)));
        }
        catch (Exception failure) when (failure is ControlException or FormatException)
        {
            Failure = failure;
            stop.Cancel();
        }
    }

    private async ValueTask<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await file.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
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

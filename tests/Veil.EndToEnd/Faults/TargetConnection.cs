using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Veil.EndToEnd.Faults;

/// <summary>
/// One connection to a <see cref="TargetServer"/>: answers its request, unless told otherwise to the end, and learns
/// when the other side is gone.
/// </summary>
internal sealed class TargetConnection : IAsyncDisposable
{
    private const int PieceBytes = 64 * 1024;

    private readonly ConnectionContext _connection;
    private readonly Task _sending;
    private volatile TaskCompletionSource _mayGoOn = new();
    private volatile bool _isClosing;
    private long _sent;

    internal TargetConnection(ConnectionContext connection, byte[] content)
    {
        _connection = connection;
        _mayGoOn.SetResult();
        var asked = new TaskCompletionSource();
        Ended = WatchAsync(asked);
        _sending = SendAsync(asked.Task, content);
    }

    /// <summary>Ends when the other side has ended or broken the connection.</summary>
    internal Task Ended { get; }

    /// <summary>Bytes of the content that the system has taken.</summary>
    internal long Sent => Interlocked.Read(ref _sent);

    /// <summary>Sends no more, and lets the connection be.</summary>
    internal void Freeze() => _mayGoOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Goes on.</summary>
    internal void Thaw() => _mayGoOn.TrySetResult();

    /// <summary>Ends its direction in order, before all was sent.</summary>
    internal void Close() => _isClosing = true;

    /// <summary>Breaks the connection.</summary>
    internal void Kill() => _connection.Abort(new ConnectionAbortedException("killed by the test"));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Kill();
        Thaw();
        await Task.WhenAll(Ended, _sending);
        await _connection.DisposeAsync();
    }

    private async Task WatchAsync(TaskCompletionSource asked)
    {
        var input = _connection.Transport.Input;
        try
        {
            var isOver = false;
            while (!isOver)
            {
                // Whatever it is, it is a request: only its being there counts.
                var read = await input.ReadAsync();
                input.AdvanceTo(read.Buffer.End);
                isOver = read.IsCompleted;
                asked.TrySetResult();
            }
        }
        catch (Exception fault) when (fault is IOException or ConnectionAbortedException)
        {
            asked.TrySetResult();
        }
    }

    private async Task SendAsync(Task asked, byte[] content)
    {
        await asked;
        var output = _connection.Transport.Output;
        try
        {
            var head = $"HTTP/1.0 200 OK\r\nContent-Length: {content.Length}\r\n\r\n";
            await output.WriteAsync(Encoding.ASCII.GetBytes(head));
            while (Sent < content.Length && !_isClosing)
            {
                await _mayGoOn.Task;
                var piece = content.AsMemory((int)Sent, (int)Math.Min(PieceBytes, content.Length - Sent));
                await output.WriteAsync(piece);
                Interlocked.Add(ref _sent, piece.Length);
            }

            await output.CompleteAsync();
        }
        catch (Exception fault) when (fault is IOException or ConnectionAbortedException)
        {
            // The other side is gone, or the test broke it.
        }
    }
}

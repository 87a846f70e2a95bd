using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Veil.Tests.Gateway;

/// <summary>A listener without a network.</summary>
internal sealed class MemoryListener : IConnectionListenerFactory, IConnectionListener
{
    private readonly Channel<MemoryConnection> _waiting = Channel.CreateBounded<MemoryConnection>(16);

    public EndPoint EndPoint { get; private set; } = new IPEndPoint(IPAddress.Loopback, 0);

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        EndPoint = endpoint;
        return ValueTask.FromResult<IConnectionListener>(this);
    }

    public async ValueTask<MemoryConnection> ConnectAsync(EndPoint? from, CancellationToken cancellationToken)
    {
        var connection = new MemoryConnection { RemoteEndPoint = from ?? new IPEndPoint(IPAddress.Loopback, 1) };
        await _waiting.Writer.WriteAsync(connection, cancellationToken);
        return connection;
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _waiting.Reader.WaitToReadAsync(cancellationToken) && _waiting.Reader.TryRead(out var connection)
            ? connection
            : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _waiting.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}

using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Veil.Gateway.Sites;

/// <summary>
/// The only listener of the HTTP server: it accepts what the proxy hands over, and has no port (spec/gateway.md,
/// section 2).
/// </summary>
internal sealed class SiteListener : IConnectionListenerFactory, IConnectionListener
{
    private readonly Channel<SiteConnection> _handedOver;

    /// <param name="capacity">Connections that may wait; the proxy's limit, so that it is never reached.</param>
    internal SiteListener(int capacity) =>
        _handedOver = Channel.CreateBounded<SiteConnection>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    /// <inheritdoc/>
    public EndPoint EndPoint { get; } = new InProcessEndPoint();

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        endpoint is InProcessEndPoint
            ? ValueTask.FromResult<IConnectionListener>(this)
            : throw new ArgumentException("the sites have no address of their own", nameof(endpoint));

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _handedOver.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_handedOver.Reader.TryRead(out var connection))
            {
                return connection;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _handedOver.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _handedOver.Writer.TryComplete();
        while (_handedOver.Reader.TryRead(out var connection))
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>Hands a connection over; false when the server is stopping.</summary>
    internal bool TryHandOver(SiteConnection connection) => _handedOver.Writer.TryWrite(connection);

    private sealed class InProcessEndPoint : EndPoint
    {
        /// <inheritdoc/>
        public override string ToString() => "in-process";
    }
}

using System.Net;
using Microsoft.AspNetCore.Connections;
using Veil.Links.Tcp;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>A server outside the network, on 127.0.0.1, that sends the same bytes to whoever connects.</summary>
internal sealed class TargetServer : IAsyncDisposable
{
    private readonly byte[] _content;
    private readonly TcpTransport _transport = new();
    private readonly List<TargetConnection> _accepted = [];
    private readonly IConnectionListener _listener;

    private TargetServer(byte[] content, TcpTransport transport, IConnectionListener listener) =>
        (_content, _transport, _listener) = (content, transport, listener);

    /// <summary>Where it is.</summary>
    internal IPEndPoint EndPoint => (IPEndPoint)_listener.EndPoint;

    /// <summary>Listens.</summary>
    internal static async Task<TargetServer> StartAsync(byte[] content)
    {
        var transport = new TcpTransport();
        var listener = await transport.BindAsync(
            new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);
        return new TargetServer(content, transport, listener);
    }

    /// <summary>The next connection, which begins to send.</summary>
    internal async Task<TargetConnection> AcceptAsync(CancellationToken cancellationToken)
    {
        var connection = await _listener.AcceptAsync(cancellationToken)
            ?? throw new InvalidOperationException("the server was stopped");
        var accepted = new TargetConnection(connection, _content);
        _accepted.Add(accepted);
        return accepted;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _accepted)
        {
            await connection.DisposeAsync();
        }

        await _listener.UnbindAsync();
        await _listener.DisposeAsync();
        _transport.Dispose();
    }
}

using System.Net;
using Microsoft.AspNetCore.Connections;
using Veil.Links.Tcp;
using Xunit;

namespace Veil.Tests.Links.Tcp;

/// <summary>A listener on loopback and one connection to it, both ends in hand.</summary>
internal sealed class TcpPair : IAsyncDisposable
{
    private TcpPair(IConnectionListener listener, ConnectionContext client, ConnectionContext server) =>
        (Listener, Client, Server) = (listener, client, server);

    internal IConnectionListener Listener { get; }

    internal ConnectionContext Client { get; }

    internal ConnectionContext Server { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static ValueTask<IConnectionListener> ListenAsync(TcpTransport transport) =>
        transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Token);

    internal static async Task<TcpPair> ConnectAsync(TcpTransport transport)
    {
        var listener = await ListenAsync(transport);
        var client = await transport.ConnectAsync(listener.EndPoint, Token);
        var server = await listener.AcceptAsync(Token);
        Assert.NotNull(server);
        return new TcpPair(listener, client, server);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        await Listener.DisposeAsync();
    }
}

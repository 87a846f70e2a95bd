using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Veil.Links.Tcp;
using Xunit;

namespace Veil.Tests.Links.Tcp;

public sealed class TcpTransportTests : IDisposable
{
    private readonly TcpTransport _transport = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _transport.Dispose();

    [Fact]
    public async Task Bind_to_port_0_reports_the_port_it_got()
    {
        await using var listener = await TcpPair.ListenAsync(_transport);

        var address = Assert.IsType<IPEndPoint>(listener.EndPoint);
        Assert.NotEqual(0, address.Port);
        Assert.Equal(IPAddress.Loopback, address.Address);
    }

    [Fact]
    public async Task Bind_to_a_port_that_is_taken_fails()
    {
        await using var listener = await TcpPair.ListenAsync(_transport);

        var fault = await Assert.ThrowsAsync<TcpSetupException>(
            async () => await _transport.BindAsync(listener.EndPoint, Token));

        Assert.Equal(SocketError.AddressAlreadyInUse, fault.Error);
    }

    [Fact]
    public async Task Connect_where_nobody_listens_is_refused_and_does_not_name_the_address()
    {
        var listener = await TcpPair.ListenAsync(_transport);
        var address = (IPEndPoint)listener.EndPoint;
        await listener.DisposeAsync();

        var fault = await Assert.ThrowsAsync<TcpSetupException>(
            async () => await _transport.ConnectAsync(address, Token));

        Assert.Equal(SocketError.ConnectionRefused, fault.Error);
        Assert.Contains("ConnectionRefused", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(address.Port.ToString(), fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_leaves_from_the_local_address_of_the_options()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has all of 127.0.0.0/8 on loopback");
        var source = IPAddress.Parse("127.23.0.9");
        using var bound = new TcpTransport(new TcpTransportOptions { LocalAddress = source });
        await using var pair = await TcpPair.ConnectAsync(bound);

        Assert.Equal(source, Assert.IsType<IPEndPoint>(pair.Server.RemoteEndPoint).Address);
        Assert.Equal(pair.Client.LocalEndPoint, pair.Server.RemoteEndPoint);
        Assert.Equal(pair.Client.RemoteEndPoint, pair.Server.LocalEndPoint);
    }

    [Fact]
    public async Task Connect_from_an_address_that_is_not_ours_fails()
    {
        await using var listener = await TcpPair.ListenAsync(_transport);

        // 192.0.2.0/24 is kept for documentation (RFC 5737): no host has it.
        using var foreign = new TcpTransport(new TcpTransportOptions { LocalAddress = IPAddress.Parse("192.0.2.1") });

        var fault = await Assert.ThrowsAsync<TcpSetupException>(
            async () => await foreign.ConnectAsync(listener.EndPoint, Token));

        Assert.Equal(SocketError.AddressNotAvailable, fault.Error);
    }

    [Fact]
    public async Task Names_are_refused_because_a_look_up_leaks()
    {
        var name = new DnsEndPoint("localhost", 80);

        await Assert.ThrowsAsync<NotSupportedException>(async () => await _transport.ConnectAsync(name, Token));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await _transport.BindAsync(name, Token));
    }

    [Fact]
    public async Task Connect_with_a_cancelled_token_gives_up()
    {
        await using var listener = await TcpPair.ListenAsync(_transport);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await _transport.ConnectAsync(listener.EndPoint, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Accept_ends_with_null_when_the_listener_is_unbound_and_connections_live_on()
    {
        await using var pair = await TcpPair.ConnectAsync(_transport);
        var accept = pair.Listener.AcceptAsync(Token);

        await pair.Listener.UnbindAsync(Token);

        Assert.Null(await accept);
        Assert.Null(await pair.Listener.AcceptAsync(Token));
        await pair.Client.Transport.Output.WriteAsync("still here"u8.ToArray(), Token);
        var read = await pair.Server.Transport.Input.ReadAsync(Token);
        Assert.Equal(10, read.Buffer.Length);
    }

    [Fact]
    public async Task Accept_given_up_leaves_the_listener_usable()
    {
        await using var listener = await TcpPair.ListenAsync(_transport);
        using var patience = new CancellationTokenSource();
        var accept = listener.AcceptAsync(patience.Token);
        patience.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await accept);

        await using var client = await _transport.ConnectAsync(listener.EndPoint, Token);
        await using var server = await listener.AcceptAsync(Token);

        Assert.NotNull(server);
    }

    [Fact]
    public async Task Two_hundred_connections_each_echo_their_own_number()
    {
        const int Connections = 200;
        await using var listener = await TcpPair.ListenAsync(_transport);
        var serving = ServeAsync(listener, Connections);

        var answers = await Task.WhenAll(Enumerable.Range(0, Connections).Select(n => AskAsync(listener.EndPoint, n)));

        Assert.Equal(Enumerable.Range(0, Connections), answers);
        Assert.Equal(Connections, (await serving).Distinct().Count());
    }

    private static async Task<IReadOnlyList<string>> ServeAsync(IConnectionListener listener, int count)
    {
        var echoes = new List<Task>();
        var names = new List<string>();
        for (var index = 0; index < count; index++)
        {
            var connection = await listener.AcceptAsync(Token);
            Assert.NotNull(connection);
            names.Add(connection.ConnectionId);
            echoes.Add(EchoAsync(connection));
        }

        await Task.WhenAll(echoes);
        return names;
    }

    private static async Task EchoAsync(ConnectionContext connection)
    {
        await using (connection)
        {
            await connection.Transport.Input.CopyToAsync(connection.Transport.Output, Token);
            await connection.Transport.Input.CompleteAsync();
            await connection.Transport.Output.CompleteAsync();
        }
    }

    private async Task<int> AskAsync(EndPoint address, int number)
    {
        await using var connection = await _transport.ConnectAsync(address, Token);
        await connection.Transport.Output.WriteAsync(BitConverter.GetBytes(number), Token);
        await connection.Transport.Output.CompleteAsync();
        var answer = await connection.Transport.Input.ReadAtLeastAsync(sizeof(int), Token);
        var value = BitConverter.ToInt32(answer.Buffer.FirstSpan);
        await connection.Transport.Input.CompleteAsync();
        return value;
    }
}

#pragma warning disable RS0030 // Bare sockets on loopback at both ends of what is tested.
using System.Net;
using System.Net.Sockets;
using Veil.Tools.Testnet.Forwarding;
using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>The delay in front of a node: what it adds, and that it changes nothing else.</summary>
public sealed class ForwarderTests : IAsyncLifetime
{
    private static readonly TimeSpan _delay = TimeSpan.FromMilliseconds(25);

    private readonly Socket _node = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private Forwarder _forwarder = null!;
    private Task _running = Task.CompletedTask;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _node.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _node.Listen();
        _forwarder = new Forwarder(
            new ForwarderOptions(
                new IPEndPoint(IPAddress.Loopback, 0), (IPEndPoint)_node.LocalEndPoint!, _delay, Foreign: false),
            TimeProvider.System,
            fault => TestContext.Current.SendDiagnosticMessage(fault.ToString()));
        _running = _forwarder.RunAsync(_stopping.Token);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        await _forwarder.DisposeAsync();
        _node.Dispose();
        _stopping.Dispose();
    }

    [Fact]
    public async Task A_byte_and_its_answer_take_twice_the_delay()
    {
        var (client, node) = await ConnectAsync();
        using var _ = client;
        using var __ = node;
        var one = new byte[1];
        List<double> times = [];
        for (var round = 0; round < 21; round++)
        {
            var start = TimeProvider.System.GetTimestamp();
            await client.SendAsync(one, Token);
            await node.ReceiveAsync(one, Token);
            await node.SendAsync(one, Token);
            await client.ReceiveAsync(one, Token);
            times.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        }

        // The fastest tells the delay, less than one crossing more; how late the others are tells how busy the machine
        // is.
        Assert.InRange(times.Min(), 48, 72);
    }

    [Fact]
    public async Task Bytes_keep_their_order_and_an_end_leaves_the_other_direction_open()
    {
        var (client, node) = await ConnectAsync();
        using var _ = client;
        using var __ = node;
        var sent = new byte[20_000_000];
        for (var index = 0; index < sent.Length; index++)
        {
            sent[index] = unchecked((byte)((index / 251) + index));
        }

        var sending = SendAndEndAsync(client, sent);
        Assert.Equal(sent, await ReceiveToEndAsync(node));
        await sending;

        // The answer starts after the end has gone through.
        var answering = SendAndEndAsync(node, sent);
        Assert.Equal(sent, await ReceiveToEndAsync(client));
        await answering;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_of_one_end_reaches_the_other(bool byClient)
    {
        var (client, node) = await ConnectAsync();
        var (breaking, told) = byClient ? (client, node) : (node, client);
        using var _ = told;

        breaking.LingerState = new LingerOption(true, 0);
        breaking.Close();

        var fault = await Assert.ThrowsAsync<SocketException>(() =>
            told.ReceiveAsync(new byte[1], SocketFlags.None, Token).AsTask());
        Assert.Equal(SocketError.ConnectionReset, fault.SocketErrorCode);
    }

    [Fact]
    public async Task A_node_that_does_not_listen_resets_who_comes()
    {
        _node.Dispose();
        using var client = await ClientAsync();

        var fault = await Assert.ThrowsAsync<SocketException>(() =>
            client.ReceiveAsync(new byte[1], SocketFlags.None, Token).AsTask());
        Assert.Equal(SocketError.ConnectionReset, fault.SocketErrorCode);
    }

    [Fact]
    public async Task The_node_sees_the_address_of_its_peer()
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Bind(new IPEndPoint(IPAddress.Parse("127.9.8.7"), 0));
        await client.ConnectAsync(_forwarder.Local, Token);
        using var node = await _node.AcceptAsync(Token);

        Assert.Equal("127.9.8.7", ((IPEndPoint)node.RemoteEndPoint!).Address.ToString());
    }

    [Fact]
    public async Task A_receiver_that_does_not_read_stops_the_sender()
    {
        var (client, node) = await ConnectAsync();
        using var _ = client;
        using var __ = node;
        client.Blocking = false;
        var block = new byte[1 << 20];
        long sent = 0;

        // What the two kernels and the forwarder hold is far less than this.
        while (sent < 1L << 30 && client.Poll(TimeSpan.FromMilliseconds(400), SelectMode.SelectWrite))
        {
            sent += client.Send(block, SocketFlags.None);
        }

        Assert.InRange(sent, 1, 100L << 20);
        long received = 0;
        for (var got = new byte[1 << 20]; received < sent;)
        {
            received += await node.ReceiveAsync(got, SocketFlags.None, Token);
        }

        Assert.Equal(sent, received);
    }

    private async Task<(Socket Client, Socket Node)> ConnectAsync()
    {
        var client = await ClientAsync();
        return (client, await _node.AcceptAsync(Token));
    }

    private async Task<Socket> ClientAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(_forwarder.Local, Token);
        return client;
    }

    private static async Task SendAndEndAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, Token)..];
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task<byte[]> ReceiveToEndAsync(Socket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[256 * 1024];
        while (await socket.ReceiveAsync(buffer, SocketFlags.None, Token) is > 0 and var count)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }
}

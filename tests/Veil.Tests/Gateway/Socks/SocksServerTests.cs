using System.Net;
using System.Text;
using Veil.Gateway;
using Veil.Gateway.Sites;
using Veil.Gateway.Socks;
using Veil.Tests.Rig;
using Xunit;

namespace Veil.Tests.Gateway.Socks;

/// <summary>
/// The proxy's limits over connections in memory, and its refusals over loopback: spec/gateway.md, section 1.
/// </summary>
public sealed class SocksServerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://example.com/", SocksRefusal.ForeignName)]
    [InlineData("http://example.onion/", SocksRefusal.ForeignName)]
    [InlineData("http://open.veil:8080/", SocksRefusal.Port)]
    [InlineData("http://192.0.2.1/", SocksRefusal.AddressType)]
    [InlineData("http://[2001:db8::1]/", SocksRefusal.AddressType)]
    public async Task There_is_no_way_out_of_the_network(string url, SocksRefusal refusal)
    {
        await using var rig = await GatewayRig.StartAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => rig.SendAsync(HttpMethod.Get, url));

        // Counted when the refusal has gone out.
        await Eventually.HoldsAsync(() => rig.Counters.Refused(refusal) == 1, "the refusal is counted");
        Assert.Equal(0, rig.Counters.Accepted);
    }

    [Fact]
    public async Task A_handshake_that_takes_too_long_is_ended()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync([5, 1]);
        await proxy.Time.WhenSetAsync(TimeSpan.FromSeconds(10), Token);
        proxy.Time.Advance(TimeSpan.FromSeconds(9));
        await client.SendAsync([0]);
        Assert.Equal("0500", await client.ReadAsync(2));
        proxy.Time.Advance(TimeSpan.FromSeconds(1));
        await client.Disposed.WaitAsync(Token);
        Assert.Equal(1, proxy.Counters.Refused(SocksRefusal.Timeout));
    }

    [Fact]
    public async Task A_client_that_leaves_early_is_broken_not_late()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync([5]);
        await client.LeaveAsync();
        await client.Disposed.WaitAsync(Token);
        Assert.Equal(1, proxy.Counters.Refused(SocksRefusal.Broken));
    }

    [Fact]
    public async Task A_refusal_is_sent_and_the_rest_is_dropped_for_a_second()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\n"u8.ToArray());
        Assert.Equal("485454502f312e3120343030", await client.ReadAsync(12));
        await client.SendAsync("Host: a\r\n\r\n"u8.ToArray());
        await proxy.Time.WhenSetAsync(TimeSpan.FromSeconds(1), Token);
        Assert.False(client.Disposed.IsCompleted);
        proxy.Time.Advance(TimeSpan.FromSeconds(1));
        await client.Disposed.WaitAsync(Token);
    }

    [Fact]
    public async Task One_connection_more_than_allowed_is_closed_unread()
    {
        await using var proxy = await Proxy.StartAsync(new GatewayOptions { MaxConnections = 1 });
        await using var first = await proxy.ConnectAsync();
        await using var second = await proxy.ConnectAsync();
        await second.Disposed.WaitAsync(Token);
        Assert.Equal(1, proxy.Counters.Refused(SocksRefusal.ConnectionLimit));
        await first.LeaveAsync();
        await first.Disposed.WaitAsync(Token);
    }

    [Fact]
    public async Task A_connection_from_elsewhere_is_closed_unread()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var client = await proxy.ConnectAsync(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1));
        await client.Disposed.WaitAsync(Token);
        Assert.Equal(1, proxy.Counters.Refused(SocksRefusal.NotLoopback));
    }

    [Fact]
    public async Task Only_loopback_is_listened_on()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var other = new SocksServer(proxy.Listener, proxy.Site, SocksExits.None, proxy.Environment);
        foreach (var address in new[] { IPAddress.Any, IPAddress.IPv6Any, IPAddress.Parse("192.0.2.1") })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => other.StartAsync(new IPEndPoint(address, 0), Token));
        }
    }

    [Fact]
    public async Task The_request_may_come_together_with_the_handshake()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var client = await proxy.ConnectAsync();
        byte[] handshake = [5, 1, 0, 5, 1, 0, 3, 9, .. "open.veil"u8, 0, 80];
        await client.SendAsync([.. handshake, .. "HEAD / HTTP/1.1\r\nHost: open.veil\r\n\r\n"u8]);
        Assert.Equal("050005000001000000000000", await client.ReadAsync(12));
        Assert.Equal(Convert.ToHexStringLower("HTTP/1.1 200"u8), await client.ReadAsync(12));
        Assert.Equal(1, proxy.Counters.Accepted);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1\r\nHost: open.veil\r\nHost: open.veil\r\n\r\n", "400")]
    [InlineData("GET http://example.com/ HTTP/1.1\r\nHost: open.veil\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.0\r\n\r\n", "421")]
    [InlineData("GET http://open.veil/ HTTP/1.1\r\nHost: open.veil\r\n\r\n", "200")]
    [InlineData("CONNECT open.veil:80 HTTP/1.1\r\nHost: open.veil:80\r\n\r\n", "421")]
    public async Task Odd_requests_get_no_further_than_their_host_allows(string request, string status)
    {
        await using var proxy = await Proxy.StartAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync([5, 1, 0, 5, 1, 0, 3, 9, .. "open.veil"u8, 0, 80, .. Encoding.ASCII.GetBytes(request)]);
        await client.ReadAsync(12);
        var expected = Convert.ToHexStringLower(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}"));
        Assert.Equal(expected, await client.ReadAsync(12));
    }

    [Fact]
    public async Task Stopping_ends_handshakes_and_sites_alike()
    {
        var proxy = await Proxy.StartAsync();
        await using var inHandshake = await proxy.ConnectAsync();
        await using var atSite = await proxy.ConnectAsync();
        await atSite.SendAsync([5, 1, 0, 5, 1, 0, 3, 9, .. "open.veil"u8, 0, 80]);
        await atSite.ReadAsync(12);
        await proxy.DisposeAsync();
        Assert.True(inHandshake.Disposed.IsCompleted);
        Assert.True(atSite.Disposed.IsCompleted);
    }

    private sealed class Proxy : IAsyncDisposable
    {
        private readonly SocksServer _server;

        private Proxy(GatewayOptions options)
        {
            Environment = new GatewayEnvironment(options, Time, new CollectedLogs(), Counters);
            Site = new VeilSite(new byte[32], new Library().OpenAsync, Environment);
            _server = new SocksServer(Listener, Site, SocksExits.None, Environment);
        }

        public ManualTime Time { get; } = new();

        public MemoryListener Listener { get; } = new();

        public GatewayCounters Counters { get; } = new();

        public GatewayEnvironment Environment { get; }

        public VeilSite Site { get; }

        public static async Task<Proxy> StartAsync(GatewayOptions? options = null)
        {
            var proxy = new Proxy(options ?? new GatewayOptions());
            await proxy.Site.StartAsync(Token);
            await proxy._server.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), Token);
            return proxy;
        }

        public ValueTask<MemoryConnection> ConnectAsync(EndPoint? from = null) => Listener.ConnectAsync(from, Token);

        public async ValueTask DisposeAsync()
        {
            await _server.DisposeAsync();
            await Site.DisposeAsync();
        }
    }
}

using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Content.Names;
using Veil.Gateway;
using Veil.Gateway.Sites;
using Veil.Gateway.Socks;
using Xunit;

namespace Veil.Tests.Gateway;

/// <summary>A whole gateway on a free loopback port, with content from memory, and clients over SOCKS.</summary>
internal sealed class GatewayRig : IAsyncDisposable
{
    private readonly ConcurrentBag<IDisposable> _clients = [];

    private GatewayRig(
        GatewayOptions options,
        TimeProvider time,
        Func<NameAddress, IsolationGroup, CancellationToken, Task<ContentKey>>? resolve)
    {
        Environment = new GatewayEnvironment(options, time, Logs, new GatewayCounters());
        Site = new VeilSite(new byte[VeilSite.SecretBytes], Library.OpenAsync, Environment, resolve);
#pragma warning disable CA2000 // The server owns the listener that the factory makes.
        Socks = new SocksServer(
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), Logs),
            Site,
            SocksExits.None,
            Environment);
#pragma warning restore CA2000
    }

    public Library Library { get; } = new();

    public CollectedLogs Logs { get; } = new();

    public GatewayEnvironment Environment { get; }

    public VeilSite Site { get; }

    public SocksServer Socks { get; }

    public GatewayCounters Counters => Environment.Counters;

    public IPEndPoint EndPoint => (IPEndPoint)Socks.EndPoint!;

    public static async Task<GatewayRig> StartAsync(
        GatewayOptions? options = null,
        TimeProvider? time = null,
        Func<NameAddress, IsolationGroup, CancellationToken, Task<ContentKey>>? resolve = null)
    {
        var rig = new GatewayRig(options ?? new GatewayOptions(), time ?? TimeProvider.System, resolve);
        await rig.Site.StartAsync(TestContext.Current.CancellationToken);
        await rig.Socks.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);
        return rig;
    }

    /// <summary>Sends one request without a credential, as a new connection.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string url,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, url);
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return await SendAsync(request);
    }

    /// <summary>Sends one request as a new connection; returns when the headers are there.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, NetworkCredential? credential = null)
    {
        var handler = new SocketsHttpHandler
        {
            Proxy = new WebProxy($"socks5://{EndPoint}") { Credentials = credential },
            AllowAutoRedirect = false,
            UseCookies = false,
        };
#pragma warning disable RS0030 // A client of the proxy under test, on loopback.
        var client = new HttpClient(handler);
        _clients.Add(client);
        return client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
#pragma warning restore RS0030
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        await Socks.DisposeAsync();
        await Site.DisposeAsync();
    }
}

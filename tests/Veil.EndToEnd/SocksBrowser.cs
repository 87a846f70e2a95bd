#pragma warning disable RS0030 // Stands for the user's browser: it goes through the SOCKS port, never to the network.
using System.Net;
using Xunit;

namespace Veil.EndToEnd;

/// <summary>A stock HTTP client behind a gateway's SOCKS port.</summary>
internal sealed class SocksBrowser(IPEndPoint socks) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { Proxy = new WebProxy($"socks5://{socks}") });

    internal Task<HttpResponseMessage> GetAsync(string url) =>
        _http.GetAsync(new Uri(url), TestContext.Current.CancellationToken);

    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) =>
        _http.SendAsync(request, TestContext.Current.CancellationToken);

    public void Dispose() => _http.Dispose();
}

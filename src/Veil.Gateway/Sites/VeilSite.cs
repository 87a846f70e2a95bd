using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Content.Names;
using Veil.Gateway.Sites.OpenPage;
using Veil.Gateway.Socks;

namespace Veil.Gateway.Sites;

/// <summary>
/// The web sites under <c>.veil</c> (spec/gateway.md, section 2): an HTTP/1.1 server inside this process, without a
/// port of its own. Its connections come from <see cref="SocksServer"/>, which must be stopped first.
/// </summary>
public sealed class VeilSite : IAsyncDisposable
{
    /// <summary>Length of the per-install secret, in bytes.</summary>
    public const int SecretBytes = SiteLabels.SecretBytes;

    private const int MaxRequestLineBytes = 4096;
    private const int MaxHeadersBytes = 16 * 1024;
    private const int MaxHeaders = 64;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(120);

    private readonly SiteLabels _labels;
    private readonly OpenFiles _files;
    private readonly SiteListener _listener;
    private readonly SiteApplication _application;
    private readonly KestrelServer _server;
    private bool _disposed;

    /// <summary>Nothing is served before <see cref="StartAsync"/>.</summary>
    /// <param name="secret">32 bytes, random per installation, the same at every start; copied.</param>
    /// <param name="open">
    /// Opens what a key names, under an isolation group of that credential and key alone. Throws
    /// <see cref="ContentUnavailableException"/>; is called on threads of the HTTP server; what it returns
    /// is disposed here.
    /// </param>
    /// <param name="environment">Bounds, clock, logs and counters.</param>
    /// <param name="resolve">
    /// What a name stands for, asked under an isolation group; throws <see cref="NameUnavailableException"/>. Null
    /// where names are not served.
    /// </param>
    /// <exception cref="ArgumentException">The secret is not 32 bytes long, or a bound is not positive.</exception>
    public VeilSite(
        ReadOnlySpan<byte> secret,
        Func<ContentKey, IsolationGroup, CancellationToken, Task<ContentObject>> open,
        GatewayEnvironment environment,
        Func<NameAddress, IsolationGroup, CancellationToken, Task<ContentKey>>? resolve = null)
    {
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(environment);
        _labels = new SiteLabels(secret, environment.Options.MaxLabels);
        _files = new OpenFiles(open, environment.Options, environment.Time);
        _listener = new SiteListener(environment.Options.MaxConnections);
        _application = new SiteApplication(
            _labels, _files, new SiteNames(_labels, resolve), environment.Loggers.CreateLogger<VeilSite>());
        _server = new KestrelServer(Options.Create(CreateServerOptions()), _listener, environment.Loggers);
    }

    /// <summary>Files that are open or being opened.</summary>
    public int OpenFileCount => _files.Count;

    /// <summary>Serves from now on.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _server.StartAsync(_application, cancellationToken);

    /// <summary>
    /// Gives content an address, without asking any store for it (spec/gateway.md, section 3): for <c>veil open</c>.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="group">Whose address it is; others do not reach it. A browser without a SOCKS credential is in
    /// <see cref="SocksIsolation.WithoutCredential"/>.</param>
    /// <returns><c>http://&lt;label&gt;.veil/</c>.</returns>
    public string Open(ContentKey key, IsolationGroup group)
    {
        ArgumentNullException.ThrowIfNull(key);
        return $"http://{_labels.Add(key, group)}.veil/";
    }

    /// <summary>Ends what is being served, closes the files. The proxy is to be stopped before.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        // Cancelled already: what is being served is aborted rather than waited for.
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
        await _listener.DisposeAsync();
        await _files.DisposeAsync();
    }

    /// <summary>Serves a connection until it ends; the caller disposes it. Returns at once when stopping.</summary>
    internal async Task ServeAsync(ConnectionContext connection, SocksRequest request)
    {
        var loan = new SiteConnection(connection, request);
        if (_listener.TryHandOver(loan))
        {
            await loan.Served;
        }
    }

    private KestrelServerOptions CreateServerOptions()
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestLineSize = MaxRequestLineBytes;
        options.Limits.MaxRequestHeadersTotalSize = MaxHeadersBytes;
        options.Limits.MaxRequestHeaderCount = MaxHeaders;
        options.Limits.MaxRequestBodySize = OpenBody.MaxBytes;
        options.Limits.RequestHeadersTimeout = HeadersTimeout;
        options.Limits.KeepAliveTimeout = KeepAliveTimeout;

        // A paused film is not an attack; the number of connections is bounded.
        options.Limits.MinResponseDataRate = null;
        options.Listen(_listener.EndPoint, listen => listen.Protocols = HttpProtocols.Http1);
        return options;
    }
}

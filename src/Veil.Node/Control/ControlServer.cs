using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Veil.Node.Control;

/// <summary>
/// The control API of a running node (spec/control.md): HTTP/2 without TLS over a Unix socket that only the node's own
/// user can open.
/// </summary>
public sealed class ControlServer : IAsyncDisposable
{
    private const int MaxConnections = 64;
    private const int MaxStreamsPerConnection = 16;
    private const int MaxHeadersBytes = 16 * 1024;
    private const int MaxHeaders = 64;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private readonly KestrelServer _server;
    private readonly SocketTransportFactory _transport;
    private readonly ControlApplication _application;
    private bool _disposed;

    /// <summary>Nothing listens before <see cref="StartAsync"/>.</summary>
    /// <param name="surface">What is controlled; must live longer than the server.</param>
    /// <param name="socketPath">Where; see <see cref="ControlSocket.In"/>.</param>
    /// <param name="loggers">Logs; they never show a key, a name or a path.</param>
    public ControlServer(ControlSurface surface, string socketPath, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(surface);
        _path = Path.GetFullPath(socketPath);
        _application = new ControlApplication(surface, loggers.CreateLogger<ControlServer>());
        var quiet = new WarningsOnly(loggers);
        _transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), quiet);
        _server = new KestrelServer(Options.Create(CreateServerOptions(_path)), _transport, quiet);
    }

    /// <summary>Makes the data folder private, takes the place of a socket left behind, listens.</summary>
    /// <exception cref="ControlException">Codes <c>path_too_long</c>, <c>already_running</c>,
    /// <c>not_private</c>: for the person who started the node.</exception>
    /// <exception cref="IOException">The socket cannot be made.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await ControlSocket.PrepareAsync(_path, cancellationToken);
        await _server.StartAsync(_application, cancellationToken);
        ControlSocket.Restrict(_path);
    }

    /// <summary>Ends what is being served; the socket is gone afterwards. Idempotent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        // Cancelled already: what is being served is aborted rather than waited for.
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
        _server.Dispose();
    }

    private static KestrelServerOptions CreateServerOptions(string path)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        var limits = options.Limits;
        limits.MaxConcurrentConnections = MaxConnections;
        limits.MaxRequestHeadersTotalSize = MaxHeadersBytes;
        limits.MaxRequestHeaderCount = MaxHeaders;
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.Http2.MaxStreamsPerConnection = MaxStreamsPerConnection;

        // Each endpoint has a bound of its own: a file that is shared may have any length, JSON may not.
        limits.MaxRequestBodySize = null;

        // The other end is the user's own program, and may wait for a disk or for a person.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        options.ListenUnixSocket(path, listen => listen.Protocols = HttpProtocols.Http2);
        return options;
    }
}

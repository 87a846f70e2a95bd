using System.Buffers;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Veil.Circuits.Streams;
using Veil.Content.Edge;
using Veil.Gateway.Sites;
using Veil.Wire.Exits;

namespace Veil.Gateway.Socks;

/// <summary>
/// The proxy (spec/gateway.md, section 1): accepts on loopback, shakes hands within a time limit, and hands what is
/// granted to the sites. Owns its connections and ends them when disposed.
/// </summary>
public sealed partial class SocksServer : IAsyncDisposable
{
    private const int LingerBytes = 64 * 1024;
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromSeconds(1);

    private readonly IConnectionListenerFactory _listeners;
    private readonly VeilSite _site;
    private readonly SocksExits _exits;
    private readonly GatewayEnvironment _environment;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();

    // Guarded by the lock: every connection and the task that serves it.
    private readonly Dictionary<ConnectionContext, Task> _serving = [];

    private IConnectionListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private bool _disposed;

    /// <summary>Nothing is accepted before <see cref="StartAsync"/>.</summary>
    /// <param name="listeners">How to listen: TCP in the product.</param>
    /// <param name="site">Where granted connections go; to be disposed after this.</param>
    /// <param name="exits">The way out of the network.</param>
    /// <param name="environment">Bounds, clock, logs and counters.</param>
    public SocksServer(
        IConnectionListenerFactory listeners, VeilSite site, SocksExits exits, GatewayEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(listeners);
        ArgumentNullException.ThrowIfNull(site);
        ArgumentNullException.ThrowIfNull(exits);
        ArgumentNullException.ThrowIfNull(environment);
        _listeners = listeners;
        _site = site;
        _exits = exits;
        _environment = environment;
        _logger = environment.Loggers.CreateLogger<SocksServer>();
    }

    /// <summary>Where it listens; null before it does.</summary>
    public EndPoint? EndPoint => _listener?.EndPoint;

    /// <summary>Listens from now on.</summary>
    /// <param name="endPoint">A loopback address; port 0 picks one, see <see cref="EndPoint"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">Not a loopback address: others could use the proxy.</exception>
    /// <exception cref="InvalidOperationException">It listens already.</exception>
    public async Task StartAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        if (!IPAddress.IsLoopback(endPoint.Address))
        {
            throw new ArgumentException("the proxy listens on a loopback address only", nameof(endPoint));
        }

        if (_listener is not null)
        {
            throw new InvalidOperationException("the proxy listens already");
        }

        _listener = await _listeners.BindAsync(endPoint, cancellationToken);
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Stops listening, aborts every connection and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        _stopping.Cancel();
        if (_listener is not null)
        {
            await _listener.UnbindAsync();
            await _accepting;
            await _listener.DisposeAsync();
        }

        KeyValuePair<ConnectionContext, Task>[] serving;
        lock (_lock)
        {
            serving = [.. _serving];
        }

        foreach (var (connection, _) in serving)
        {
            connection.Abort(new ConnectionAbortedException("the node is stopping"));
        }

        await Task.WhenAll(serving.Select(served => served.Value));
        _stopping.Dispose();
    }

    private async Task AcceptAsync(IConnectionListener listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var connection = await listener.AcceptAsync(_stopping.Token);
                if (connection is null)
                {
                    return;
                }

                await AdmitAsync(connection);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Out of file descriptors, for example: accepting goes on, but does not spin.
                LogAcceptFailed(failure.GetType().Name);
                await PauseAsync();
            }
        }
    }

    private async Task PauseAsync()
    {
        try
        {
            await Task.Delay(AcceptPause, _environment.Time, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopping: the loop sees it.
        }
    }

    private async Task AdmitAsync(ConnectionContext connection)
    {
        var refusal = connection.RemoteEndPoint is IPEndPoint remote && !IPAddress.IsLoopback(remote.Address)
            ? SocksRefusal.NotLoopback
            : SocksRefusal.None;
        lock (_lock)
        {
            if (refusal == SocksRefusal.None && _serving.Count >= _environment.Options.MaxConnections)
            {
                refusal = SocksRefusal.ConnectionLimit;
            }

            if (refusal == SocksRefusal.None)
            {
                _serving.Add(connection, Task.CompletedTask);
            }
        }

        if (refusal != SocksRefusal.None)
        {
            _environment.Counters.CountRefused(refusal);
            LogRefused(refusal);
            connection.Abort(new ConnectionAbortedException("refused"));
            await connection.DisposeAsync();
            return;
        }

        var served = ServeAsync(connection);
        lock (_lock)
        {
            // Gone again if it ended at once.
            if (_serving.ContainsKey(connection))
            {
                _serving[connection] = served;
            }
        }
    }

    private async Task ServeAsync(ConnectionContext connection)
    {
        try
        {
            var request = await ShakeHandsAsync(connection);
            if (request is { Exit: { } target })
            {
                await CarryAsync(connection, target, request.Group);
            }
            else if (request is not null)
            {
                _environment.Counters.CountAccepted();
                await _site.ServeAsync(connection, request);
            }
        }
        catch (Exception failure)
        {
            LogConnectionFailed(failure.GetType().Name);
            connection.Abort(new ConnectionAbortedException("failed"));
        }
        finally
        {
            await DisposeQuietlyAsync(connection);
            lock (_lock)
            {
                _serving.Remove(connection);
            }
        }
    }

    /// <summary>Finds an exit for a target outside, answers the client, carries bytes until one side ends.</summary>
    private async Task CarryAsync(ConnectionContext connection, ExitTarget target, IsolationGroup group)
    {
        var (answer, stream) = await ConnectAsync(target, group);
        _environment.Counters.CountExit(answer);
        try
        {
            await connection.Transport.Output.WriteAsync(SocksReplies.Of(answer), _stopping.Token);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            stream?.Reset();
            return;
        }

        if (stream is null)
        {
            await LingerAsync(connection);
            return;
        }

        await StreamBridge.RunAsync(stream, connection);
    }

    private async Task<(ExitAnswer Answer, CircuitStream? Stream)> ConnectAsync(
        ExitTarget target, IsolationGroup group)
    {
        using var limit = new CancellationTokenSource(_environment.Options.ExitTimeout, _environment.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
        try
        {
            return await _exits.ConnectAsync(target, group, either.Token);
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            return (ExitAnswer.TimedOut, null);
        }
    }

    private async Task DisposeQuietlyAsync(ConnectionContext connection)
    {
        try
        {
            await connection.DisposeAsync();
        }
        catch (Exception failure)
        {
            LogConnectionFailed(failure.GetType().Name);
        }
    }

    private async Task<SocksRequest?> ShakeHandsAsync(ConnectionContext connection)
    {
        using var limit = new CancellationTokenSource(_environment.Options.HandshakeTimeout, _environment.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
        var handshake = new SocksHandshake(_exits.Exist());
        var refusal = SocksRefusal.None;
        try
        {
            await ShakeHandsAsync(connection, handshake, either.Token);
            refusal = handshake.Status == SocksStatus.Reading ? SocksRefusal.Broken : handshake.Refusal;
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            refusal = limit.IsCancellationRequested ? SocksRefusal.Timeout : SocksRefusal.Broken;
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            refusal = SocksRefusal.Broken;
        }

        if (refusal == SocksRefusal.None)
        {
            return handshake.Request;
        }

        _environment.Counters.CountRefused(refusal);
        LogRefused(refusal);
        if (refusal is SocksRefusal.Timeout or SocksRefusal.Broken)
        {
            connection.Abort(new ConnectionAbortedException("the handshake did not end"));
            return null;
        }

        await LingerAsync(connection);
        return null;
    }

    private static async Task ShakeHandsAsync(
        ConnectionContext connection,
        SocksHandshake handshake,
        CancellationToken cancellationToken)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (handshake.Status == SocksStatus.Reading)
        {
            var read = await input.ReadAsync(cancellationToken);
            input.AdvanceTo(read.Buffer.GetPosition(Feed(handshake, read.Buffer)));
            if (!handshake.Replies.IsEmpty)
            {
                var flushed = await output.WriteAsync(handshake.Replies, cancellationToken);
                handshake.ClearReplies();
                if (flushed.IsCompleted)
                {
                    return;
                }
            }

            if (read.IsCompleted && handshake.Status == SocksStatus.Reading)
            {
                return;
            }
        }
    }

    private static long Feed(SocksHandshake handshake, ReadOnlySequence<byte> buffer)
    {
        long consumed = 0;
        foreach (var segment in buffer)
        {
            var taken = handshake.Receive(segment.Span);
            consumed += taken;
            if (taken < segment.Length)
            {
                break;
            }
        }

        Debug.Assert(handshake.Status != SocksStatus.Reading || consumed == buffer.Length, "reads on");
        return consumed;
    }

    // The reply would be lost in a reset if the connection were closed on bytes that nobody read.
    private async Task LingerAsync(ConnectionContext connection)
    {
        using var limit = new CancellationTokenSource(Linger, _environment.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
        long dropped = 0;
        try
        {
            while (dropped < LingerBytes)
            {
                var read = await connection.Transport.Input.ReadAsync(either.Token);
                dropped += read.Buffer.Length;
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException)
        {
            // The client left, or stays on: either way the connection is closed now.
        }
    }
}

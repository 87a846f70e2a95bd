using System.Net;
using Veil.Links.Tasks;

namespace Veil.Tools.Testnet.Forwarding;

/// <summary>Where a forwarder stands and what it does to the bytes.</summary>
/// <param name="Listen">The address that others connect to.</param>
/// <param name="To">Where the node behind it listens.</param>
/// <param name="Delay">How much later each byte arrives, one way.</param>
/// <param name="Foreign">Whether the peers' addresses are other hosts', which needs root and a route back.</param>
internal sealed record ForwarderOptions(IPEndPoint Listen, IPEndPoint To, TimeSpan Delay, bool Foreign);

/// <summary>
/// Stands in front of a node and delays what goes through by a fixed time in each direction, as a long cable would. The
/// node sees the peers' own addresses. A connection is opened at once: only what is sent on it is late.
/// </summary>
internal sealed class Forwarder : IAsyncDisposable
{
    // Far above what a node of a test network accepts; more than that is a mistake, and is reset.
    private const int MaxConnections = 4096;

    private readonly ForwarderOptions _options;
    private readonly TimeProvider _time;
    private readonly ForwarderSocket _listener;
    private readonly Pacer _pacer;
    private readonly TaskScope _connections;

    /// <summary>Listens.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    internal Forwarder(ForwarderOptions options, TimeProvider time, Action<Exception> onFault)
    {
        _options = options;
        _time = time;
        _listener = ForwarderSocket.Listen(options.Listen);
        _pacer = new Pacer(time, options.Delay);
        _connections = new TaskScope(onFault);
    }

    /// <summary>Where it listens: the port is chosen when the options say 0.</summary>
    internal IPEndPoint Local => _listener.Local;

    /// <summary>Takes connections until cancelled.</summary>
    /// <exception cref="OperationCanceledException">Always: it has no other end.</exception>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ForwarderSocket client;
            try
            {
                client = await _listener.AcceptAsync(cancellationToken);
            }
            catch (IOException)
            {
                // The connection was gone before it was taken, or descriptors ran out: a pause lets some go.
                await Task.Delay(TimeSpan.FromMilliseconds(10), _time, cancellationToken);
                continue;
            }

            if (_connections.Count >= MaxConnections || !_connections.Start(token => CarryAsync(client, token)))
            {
                client.Reset();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _connections.DisposeAsync();
        _pacer.Dispose();
    }

    private async Task CarryAsync(ForwarderSocket client, CancellationToken cancellationToken)
    {
        using (client)
        {
            ForwarderSocket node;
            try
            {
                node = await ForwarderSocket.ConnectAsync(
                    _options.To, client.Peer!.Address, _options.Foreign, cancellationToken);
            }
            catch (IOException)
            {
                // A dead node's refusal would come back after a round trip.
                await Task.Delay(_options.Delay * 2, _time, cancellationToken);
                client.Reset();
                return;
            }

            using (node)
            {
                await Task.WhenAll(
                    PassAsync(client, node, cancellationToken),
                    PassAsync(node, client, cancellationToken));
            }
        }
    }

    private async Task PassAsync(ForwarderSocket from, ForwarderSocket to, CancellationToken cancellationToken)
    {
        var direction = new DelayedDirection(from, to, _pacer, _options.Delay);
        await Task.WhenAll(
            direction.ReadAsync(cancellationToken),
            WriteAsync(direction, from, cancellationToken));
    }

    private async Task WriteAsync(
        DelayedDirection direction,
        ForwarderSocket from,
        CancellationToken cancellationToken)
    {
        try
        {
            await direction.WriteAsync(cancellationToken);
        }
        catch (IOException)
        {
            // The receiver is gone: its reset reaches the sender after the way back.
            await Task.Delay(_options.Delay, _time, cancellationToken);
            from.Reset();
        }
    }
}

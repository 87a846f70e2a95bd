using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Veil.Tests.Rig;

/// <summary>Connections inside the process, by end point: what tests of links and circuits run over.</summary>
internal sealed class PipeTransport : IConnectionListenerFactory, IConnectionFactory
{
    private readonly ConcurrentDictionary<EndPoint, Channel<ConnectionContext>> _listeners = new();

    /// <summary>Every connection made, as its initiator holds it.</summary>
    internal ConcurrentBag<ConnectionContext> Connections { get; } = [];

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var accepted = _listeners.GetOrAdd(endpoint, _ => Channel.CreateBounded<ConnectionContext>(1024));
        return new(new Listener(endpoint, accepted));
    }

    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (!_listeners.TryGetValue(endpoint, out var accepted))
        {
            throw new SocketException((int)SocketError.ConnectionRefused);
        }

        var options = new PipeOptions(pauseWriterThreshold: 131_072, resumeWriterThreshold: 65_536,
            minimumSegmentSize: 65_536);
        Pipe there = new(options), back = new(options);
        var near = new PipeConnection(new Duplex(back.Reader, there.Writer));
        var far = new PipeConnection(new Duplex(there.Reader, back.Writer));
        Connections.Add(near);
        return accepted.Writer.TryWrite(far)
            ? new(near)
            : throw new SocketException((int)SocketError.ConnectionRefused);
    }

    // The framework's own one cancels a disposed source when it is aborted and then disposed, and tells the other end
    // nothing.
    private sealed class PipeConnection(IDuplexPipe transport) : DefaultConnectionContext("pipe", transport, transport)
    {
        public override void Abort(ConnectionAbortedException abortReason)
        {
            // Whoever aborts also disposes.
        }

        public override async ValueTask DisposeAsync()
        {
            await Transport.Input.CompleteAsync();
            await Transport.Output.CompleteAsync();
            await base.DisposeAsync();
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Listener(EndPoint endPoint, Channel<ConnectionContext> accepted) : IConnectionListener
    {
        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                return await accepted.Reader.ReadAsync(cancellationToken);
            }
            catch (Exception ended) when (ended is OperationCanceledException or ChannelClosedException)
            {
                return null;
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            accepted.Writer.TryComplete();
            return default;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}

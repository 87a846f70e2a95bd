#pragma warning disable RS0030 // Veil.Links/Tcp is the owner of sockets.
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Veil.Links.Tcp;

/// <summary>A listening socket. Accepts only inside <see cref="AcceptAsync"/>: there is no task behind it.</summary>
internal sealed class TcpConnectionListener(Socket socket, TcpTransport transport) : IConnectionListener
{
    private int _closed;

    /// <summary>Where it listens, with the real port.</summary>
    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    /// <summary>The next connection, or null once the listener is unbound or disposed.</summary>
    /// <exception cref="IOException">
    /// The system cannot accept now (descriptors used up). The listener stays usable; wait before the next call.
    /// </exception>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (Volatile.Read(ref _closed) == 0)
        {
            Socket? accepted = null;
            try
            {
                accepted = await socket.AcceptAsync(cancellationToken);
                return transport.Open(accepted);
            }
            catch (ObjectDisposedException) when (Volatile.Read(ref _closed) != 0)
            {
                return null;
            }
            catch (SocketException fault)
            {
                accepted?.Dispose();

                // A peer that gave up between its SYN and our accept is no failure of the listener.
                var peerLeft = accepted is not null
                    || fault.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted;
                if (!peerLeft && Volatile.Read(ref _closed) == 0)
                {
                    throw SocketFaults.OfSetup("accept", fault);
                }
            }
        }

        return null;
    }

    /// <summary>Stops listening; established connections live on.</summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            socket.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);
}

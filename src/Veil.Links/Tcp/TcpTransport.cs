#pragma warning disable RS0030 // Veil.Links/Tcp is the owner of sockets.
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Veil.Links.Record;

namespace Veil.Links.Tcp;

/// <summary>
/// TCP in terms of Kestrel's abstractions: binds, connects, and makes <see cref="TcpConnection"/>s. Takes addresses and
/// never names, because a look-up leaks what the user visits. Safe for concurrent use. Disposing it lets go of its free
/// blocks and nothing else: listeners and connections have owners of their own.
/// </summary>
public sealed class TcpTransport(TcpTransportOptions options)
    : IConnectionListenerFactory, IConnectionFactory, IDisposable
{
    /// <summary>Length of a pool block: the records that a link seals before it writes (128 KiB).</summary>
    public const int BlockBytes = 8 * RecordLayout.MaxBytes;

    private readonly BlockPool _pool = new(BlockBytes, options.PooledBlocks);
    private long _connections;

    /// <summary>A transport with the default options.</summary>
    public TcpTransport()
        : this(new TcpTransportOptions())
    {
    }

    /// <summary>Blocks that connections use now.</summary>
    internal int LentBlocks => _pool.LentBlocks;

    /// <summary>Listens on an address and port; port 0 picks a free one, see the listener's <c>EndPoint</c>.</summary>
    /// <exception cref="NotSupportedException">Not an <see cref="IPEndPoint"/>.</exception>
    /// <exception cref="IOException">The port is taken or the address is not this host's.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var address = AddressOf(endpoint);
        cancellationToken.ThrowIfCancellationRequested();
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(address);
            socket.Listen(options.Backlog);
            return ValueTask.FromResult<IConnectionListener>(new TcpConnectionListener(socket, this));
        }
        catch (SocketException fault)
        {
            socket.Dispose();
            throw SocketFaults.OfSetup("listen", fault);
        }
    }

    /// <summary>Connects, from <see cref="TcpTransportOptions.LocalAddress"/> if one is set.</summary>
    /// <exception cref="NotSupportedException">Not an <see cref="IPEndPoint"/>.</exception>
    /// <exception cref="IOException">Refused, unreachable, or the local address is not this host's.</exception>
    public async ValueTask<ConnectionContext> ConnectAsync(
        EndPoint endpoint,
        CancellationToken cancellationToken = default)
    {
        var address = AddressOf(endpoint);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (options.LocalAddress is { } local)
            {
                socket.Bind(new IPEndPoint(local, 0));
            }

            await socket.ConnectAsync(address, cancellationToken);

            // A port of the range that clients use, with nobody listening, can be handed to this very socket,
            // which then connects to itself.
            if (Equals(socket.LocalEndPoint, socket.RemoteEndPoint))
            {
                throw new SocketException((int)SocketError.ConnectionRefused);
            }

            return Open(socket);
        }
        catch (SocketException fault)
        {
            socket.Dispose();
            throw SocketFaults.OfSetup("connect", fault);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();

    /// <summary>Sets the options that both ends share and wraps the connected socket.</summary>
    /// <exception cref="SocketException">The peer is gone already.</exception>
    internal TcpConnection Open(Socket socket)
    {
        socket.NoDelay = true;
        LimitNotSent(socket, options.NotSentLowWaterBytes);
        return new TcpConnection(socket, $"tcp-{Interlocked.Increment(ref _connections)}", _pool);
    }

    private static IPEndPoint AddressOf(EndPoint endpoint) =>
        endpoint as IPEndPoint
        ?? throw new NotSupportedException($"TCP takes an address and port, not a {endpoint.GetType().Name}");

    private static void LimitNotSent(Socket socket, int bytes)
    {
        // IPPROTO_TCP; TCP_NOTSENT_LOWAT is 25 on Linux (linux/tcp.h) and 0x201 on macOS (netinet/tcp.h).
        const int Tcp = 6;
        var option = OperatingSystem.IsLinux() ? 25 : OperatingSystem.IsMacOS() ? 0x201 : 0;
        if (bytes == 0 || option == 0)
        {
            return;
        }

        try
        {
            socket.SetRawSocketOption(Tcp, option, BitConverter.GetBytes(bytes));
        }
        catch (SocketException)
        {
            // An older kernel or a sandbox without the option: the kernel's own, larger bound stands.
        }
    }
}

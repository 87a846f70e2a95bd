#pragma warning disable RS0030 // Test networks only: a delay between nodes of one machine, no user and no real network.
using System.Net;
using System.Net.Sockets;

namespace Veil.Tools.Testnet.Forwarding;

/// <summary>
/// One TCP socket of a forwarder. <see cref="SendAsync"/> and <see cref="ReceiveAsync"/> may run at the same time, each
/// once; <see cref="Reset"/> and <see cref="Dispose"/> end both, which then throw <see cref="IOException"/>.
/// </summary>
internal sealed class ForwarderSocket : IDisposable
{
    private const int Backlog = 512;

    // From linux/in.h: bind to an address that is not this host's.
    private const int IpLevel = 0;
    private const int IpTransparent = 19;

    private readonly Socket _socket;

    private ForwarderSocket(Socket socket) => _socket = socket;

    /// <summary>The other end; null for a listener.</summary>
    internal IPEndPoint? Peer { get; private init; }

    /// <summary>Where a listener listens.</summary>
    internal IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Listens.</summary>
    /// <exception cref="IOException">The port is taken or the address is not this host's.</exception>
    internal static ForwarderSocket Listen(IPEndPoint at)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(at);
            socket.Listen(Backlog);
            return new ForwarderSocket(socket);
        }
        catch (SocketException fault)
        {
            socket.Dispose();
            throw new IOException($"cannot listen on {at}: {fault.SocketErrorCode}", fault);
        }
    }

    /// <summary>Connects.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="from">The address that the other end shall see; null for the system's choice.</param>
    /// <param name="foreign">Whether <paramref name="from"/> is another host's: needs root and a route back.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">Refused, or the address cannot be had.</exception>
    internal static async Task<ForwarderSocket> ConnectAsync(
        IPEndPoint to,
        IPAddress? from,
        bool foreign,
        CancellationToken cancellationToken)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (foreign)
            {
                socket.SetRawSocketOption(IpLevel, IpTransparent, BitConverter.GetBytes(1));
            }

            if (from is not null)
            {
                socket.Bind(new IPEndPoint(from, 0));
            }

            await socket.ConnectAsync(to, cancellationToken);
            return new ForwarderSocket(socket) { Peer = to };
        }
        catch (SocketException fault)
        {
            socket.Dispose();
            throw new IOException($"cannot connect to {to}: {fault.SocketErrorCode}", fault);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes the next connection of a listener.</summary>
    /// <exception cref="IOException">It broke before it was taken, or there are no descriptors left.</exception>
    internal async Task<ForwarderSocket> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            var socket = await _socket.AcceptAsync(cancellationToken);
            socket.NoDelay = true;
            return new ForwarderSocket(socket) { Peer = (IPEndPoint)socket.RemoteEndPoint! };
        }
        catch (SocketException fault)
        {
            throw new IOException($"cannot accept: {fault.SocketErrorCode}", fault);
        }
    }

    /// <summary>What has arrived; 0 after the other end has finished sending.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    internal async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            throw new IOException("the connection is broken", fault);
        }
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    internal async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, cancellationToken)..];
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            throw new IOException("the connection is broken", fault);
        }
    }

    /// <summary>Finishes sending; the other end may go on.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    internal void FinishSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            throw new IOException("the connection is broken", fault);
        }
    }

    /// <summary>Breaks the connection so that the other end sees a reset. Idempotent.</summary>
    internal void Reset()
    {
        try
        {
            _socket.LingerState = new LingerOption(enable: true, 0);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // Broken or closed already.
        }

        _socket.Dispose();
    }

    /// <summary>Closes without ceremony. Idempotent.</summary>
    public void Dispose() => _socket.Dispose();
}

#pragma warning disable RS0030 // Stands for programs of a user and servers of others, on loopback only.
using System.Net;
using System.Net.Sockets;

namespace Veil.Bench.Streams;

/// <summary>
/// TCP on 127.0.0.1 as an ordinary program uses it: synchronous, without delay of small messages. What breaks is an
/// <see cref="IOException"/>.
/// </summary>
internal sealed class PlainSocket : IDisposable
{
    private const int Backlog = 512;

    private readonly Socket _socket;

    private PlainSocket(Socket socket) => _socket = socket;

    /// <summary>Its own port.</summary>
    internal int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Listens on a free port.</summary>
    internal static PlainSocket Listen()
    {
        var socket = New();
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(Backlog);
        return new PlainSocket(socket);
    }

    /// <summary>Connects.</summary>
    internal static PlainSocket Connect(int port)
    {
        var socket = New();
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            socket.NoDelay = true;
            return new PlainSocket(socket);
        }
        catch (SocketException fault)
        {
            socket.Dispose();
            throw new IOException($"nobody listens on port {port}", fault);
        }
    }

    /// <summary>The next connection of a listener.</summary>
    internal PlainSocket Accept()
    {
        var socket = _socket.Accept();
        socket.NoDelay = true;
        return new PlainSocket(socket);
    }

    /// <summary>What has come; 0 at the end.</summary>
    internal int Receive(Span<byte> buffer)
    {
        try
        {
            return _socket.Receive(buffer);
        }
        catch (SocketException fault)
        {
            throw new IOException($"a connection broke: {fault.SocketErrorCode}", fault);
        }
    }

    /// <summary>Fills the buffer.</summary>
    /// <exception cref="IOException">The connection ended before.</exception>
    internal void ReceiveAll(Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            int count = Receive(buffer);
            buffer = count > 0 ? buffer[count..] : throw new IOException("a connection ended early");
        }
    }

    /// <summary>Sends all of it.</summary>
    internal void SendAll(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0)
            {
                bytes = bytes[_socket.Send(bytes)..];
            }
        }
        catch (SocketException fault)
        {
            throw new IOException($"a connection broke: {fault.SocketErrorCode}", fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static Socket New() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}

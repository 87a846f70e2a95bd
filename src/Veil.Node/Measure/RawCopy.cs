#pragma warning disable RS0030 // The yardstick is a bare socket: nothing but loopback, no user and no network.
using System.Net;
using System.Net.Sockets;

namespace Veil.Node.Measure;

/// <summary>
/// The yardstick that rates are given against: a TCP copy between two processes on loopback, synchronous sockets,
/// 64 KiB buffers, no framing. One process makes a <see cref="RawCopy"/> and receives, the other sends to its port;
/// both halves block the thread that calls them. Both agree on the number of bytes beforehand. What comes first only
/// warms up and is not counted.
/// </summary>
public sealed class RawCopy : IDisposable
{
    /// <summary>Length of both ends' buffers.</summary>
    public const int BufferBytes = 64 * 1024;

    /// <summary>Bytes that run ahead of the measured ones: caches, windows and compiled code settle.</summary>
    public const long WarmUpBytes = 256L << 20;

    // The other process must start a runtime first; after this it has died.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Listens on a free port of 127.0.0.1.</summary>
    /// <exception cref="SocketException">No socket can be had.</exception>
    public RawCopy()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1);
    }

    /// <summary>Where the other process must connect to.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>The receiving half: takes one connection and measures <paramref name="bytes"/> through it.</summary>
    /// <exception cref="IOException">The other process did not come, stopped sending or sent too little.</exception>
    public RawCopyResult Receive(long bytes, TimeProvider clock)
    {
        if (!_listener.Poll(_patience, SelectMode.SelectRead))
        {
            throw new IOException("nobody connected for the raw copy");
        }

        using var socket = _listener.Accept();
        socket.ReceiveTimeout = (int)_patience.TotalMilliseconds;
        return Transfer(socket, static (socket, buffer) => socket.Receive(buffer), bytes, clock);
    }

    /// <summary>The sending half: connects, sends, and returns when the receiver has closed.</summary>
    /// <exception cref="IOException">Nobody listens there, or the receiver stopped reading.</exception>
    public static RawCopyResult Send(int port, long bytes, TimeProvider clock)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
        }
        catch (SocketException fault)
        {
            throw new IOException("nobody listens for the raw copy", fault);
        }

        socket.SendTimeout = (int)_patience.TotalMilliseconds;
        return Transfer(socket, static (socket, buffer) => socket.Send(buffer), bytes, clock);
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static RawCopyResult Transfer(
        Socket socket,
        Func<Socket, ArraySegment<byte>, int> step,
        long bytes,
        TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        var buffer = new byte[BufferBytes];
        try
        {
            Pass(socket, step, buffer, WarmUpBytes);
            var processor = Environment.CpuUsage.TotalTime;
            var start = clock.GetTimestamp();
            Pass(socket, step, buffer, bytes);
            return new RawCopyResult(bytes, clock.GetElapsedTime(start), Environment.CpuUsage.TotalTime - processor);
        }
        catch (SocketException fault)
        {
            throw new IOException($"the raw copy broke: {fault.SocketErrorCode}", fault);
        }
    }

    private static void Pass(
        Socket socket,
        Func<Socket, ArraySegment<byte>, int> step,
        byte[] buffer,
        long bytes)
    {
        for (var left = bytes; left > 0;)
        {
            var moved = step(socket, new ArraySegment<byte>(buffer, 0, (int)Math.Min(buffer.Length, left)));
            if (moved == 0)
            {
                throw new IOException("the raw copy ended early");
            }

            left -= moved;
        }
    }
}

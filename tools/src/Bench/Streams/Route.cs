using System.Globalization;
using System.Text;

namespace Veil.Bench.Streams;

/// <summary>How a client process reaches a target: through a gateway by SOCKS5 (RFC 1928, RFC 1929), or at
/// once.</summary>
/// <param name="Socks">The gateway's port; 0: no gateway.</param>
/// <param name="Target">The target's port on 127.0.0.1, or a forwarder's.</param>
internal sealed record Route(int Socks, int Target)
{
    /// <summary>Arguments of a child process before those of its role.</summary>
    internal const int ArgumentCount = 2;

    private const byte Version = 5;
    private const byte UserAndPassword = 2;
    private const byte CredentialVersion = 1;
    private const byte ConnectCommand = 1;
    private const byte IPv4Type = 1;
    private const int ReplyBytes = 10;

    internal static Route Parse(string[] arguments) => new(
        int.Parse(arguments[0], CultureInfo.InvariantCulture), int.Parse(arguments[1], CultureInfo.InvariantCulture));

    internal string[] ToArguments() => [$"{Socks}", $"{Target}"];

    /// <summary>Connects and asks the target.</summary>
    /// <param name="user">The isolation group: equal users may share circuits.</param>
    /// <param name="request">What the target is to do.</param>
    /// <exception cref="IOException">The gateway refuses, or nobody is there.</exception>
    internal PlainSocket Open(string user, TargetRequest request)
    {
        var socket = PlainSocket.Connect(Socks == 0 ? Target : Socks);
        if (Socks != 0)
        {
            Negotiate(socket, user);
        }

        socket.SendAll(request.ToBytes());
        return socket;
    }

    private void Negotiate(PlainSocket socket, string user)
    {
        Span<byte> answer = stackalloc byte[ReplyBytes];
        socket.SendAll([Version, 1, UserAndPassword]);
        socket.ReceiveAll(answer[..2]);
        byte[] name = Encoding.ASCII.GetBytes(user);
        socket.SendAll([CredentialVersion, (byte)name.Length, .. name, 1, (byte)'-']);
        socket.ReceiveAll(answer[..2]);
        socket.SendAll(
            [Version, ConnectCommand, 0, IPv4Type, 127, 0, 0, 1, (byte)(Target >> 8), (byte)(Target & 0xFF)]);
        socket.ReceiveAll(answer);
        if (answer[1] != 0)
        {
            throw new IOException($"the gateway answers {answer[1]}");
        }
    }
}

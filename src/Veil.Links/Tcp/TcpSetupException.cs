using System.Net.Sockets;

namespace Veil.Links.Tcp;

/// <summary>A connection could not be made, or an address not be listened on. Names no address.</summary>
/// <param name="what">connect, bind or accept.</param>
/// <param name="error">Why.</param>
public sealed class TcpSetupException(string what, SocketError error) : IOException($"could not {what}: {error}")
{
    /// <summary>Why.</summary>
    public SocketError Error => error;
}

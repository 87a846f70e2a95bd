using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Veil.Links.Tcp;

/// <summary>
/// What a socket's failures mean to the layers above. Messages name the error and never an address: they end in logs.
/// </summary>
internal static class SocketFaults
{
    /// <summary>The failure of a read or write on a connection that was once established.</summary>
    /// <returns>
    /// <see cref="ConnectionResetException"/> when the peer broke it, else <see cref="IOException"/>.
    /// </returns>
    internal static IOException OfTransfer(SocketException fault) => fault.SocketErrorCode switch
    {
        // A write after the peer's reset is EPIPE, which .NET calls Shutdown.
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown =>
            new ConnectionResetException("the peer reset the connection", fault),
        var code => new IOException($"the connection broke: {code}", fault),
    };

    /// <summary>
    /// The failure to connect, bind or accept. Without the inner exception: its message carries the address.
    /// </summary>
    internal static TcpSetupException OfSetup(string what, SocketException fault) =>
        new(what, fault.SocketErrorCode);
}

using System.Net;
using System.Net.Sockets;
using Veil.Node.Configuration;
using Veil.Node.Control;
using Veil.Storage;

namespace Veil.Node.Hosting;

/// <summary>What a person is told when the parts of a node are open and do not start.</summary>
internal static class StartFaults
{
    /// <summary>The mistake and what to do, or null for what is our own fault.</summary>
    /// <param name="fault">What starting threw.</param>
    /// <param name="listeners">Where this node listens.</param>
    internal static NodeStartException? Of(Exception fault, IEnumerable<IPEndPoint> listeners) => fault switch
    {
        ControlException refused => NodeStartException.Of(refused),

        // It is an IOException, too, but no port's.
        StorageException => new NodeStartException(
            "storage",
            fault.Message,
            "the data folder must be yours, on a disk with room that is not read-only",
            fault),

        // Kestrel makes an IOException of a port that is in use, and lets all else through.
        SocketException socket => Listen($"{socket.SocketErrorCode}: {socket.Message}", Hint(socket), listeners, fault),
        IOException => Listen(
            fault.Message,
            "is another program using the port? choose another with --listen, --socks or --metrics",
            listeners,
            fault),
        _ => null,
    };

    private static string Hint(SocketException fault) => fault.SocketErrorCode switch
    {
        SocketError.AccessDenied =>
            "ports below 1024 may need rights: choose a higher one with --listen, --socks or --metrics",
        SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported =>
            "this machine has no such address: choose another with --listen, --socks or --metrics",
        _ => "choose another address or port with --listen, --socks or --metrics",
    };

    private static NodeStartException Listen(
        string message, string hint, IEnumerable<IPEndPoint> listeners, Exception fault) => new(
            "listen", $"{message}; this node listens on {string.Join(" and ", listeners)}", hint, fault);
}

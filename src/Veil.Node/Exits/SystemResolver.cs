#pragma warning disable RS0030 // An exit looks up what others visit, and nothing of its own user's.
using System.Net;
using System.Net.Sockets;

namespace Veil.Node.Exits;

/// <summary>The system's resolver, for exits alone (spec/exit.md, section 5).</summary>
internal static class SystemResolver
{
    /// <summary>The addresses of a name, in the resolver's order; none when it has none.</summary>
    internal static async Task<IReadOnlyList<IPAddress>> LookUpAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            // With a dot at its end the name is whole: the search list of the system is none of the asker's.
            return await Dns.GetHostAddressesAsync(name + ".", cancellationToken);
        }
        catch (SocketException)
        {
            return [];
        }
    }
}

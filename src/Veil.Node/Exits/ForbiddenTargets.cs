using System.Net;
using System.Net.NetworkInformation;
using Veil.Directory;
using Veil.Wire.Documents;

namespace Veil.Node.Exits;

/// <summary>
/// What no policy allows (spec/exit.md, section 4): addresses that are not public and the exit's own, except in lab
/// networks, and listed relays. Any thread.
/// </summary>
/// <param name="lab">Whether the network is a lab.</param>
/// <param name="advertised">The address that the exit's descriptor gives to others.</param>
/// <param name="consensus">The newest consensus.</param>
/// <param name="time">For how long the addresses of interfaces are remembered.</param>
internal sealed class ForbiddenTargets(
    bool lab, Func<IPAddress?> advertised, Func<Consensus?> consensus, TimeProvider time)
{
    // Reading them takes milliseconds, and they change with leases and cables.
    private static readonly TimeSpan _remembered = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private HashSet<IPAddress> _own = [];
    private long? _readAt;

    /// <summary>Whether nothing may connect there.</summary>
    internal bool Forbids(IPAddress address, ushort port)
    {
        var target = new NetworkAddress(new IPEndPoint(address, port));
        if (!lab && (!target.IsPublic || address.Equals(advertised()) || IsOwn(address)))
        {
            return true;
        }

        return consensus()?.Relays.Any(relay => relay.Address == target) ?? false;
    }

    private bool IsOwn(IPAddress address)
    {
        lock (_lock)
        {
            if (_readAt is not { } readAt || time.GetElapsedTime(readAt) > _remembered)
            {
                _own = NetworkInterface.GetAllNetworkInterfaces()
                    .SelectMany(found => found.GetIPProperties().UnicastAddresses)
                    .Select(found => found.Address)
                    .ToHashSet();
                _readAt = time.GetTimestamp();
            }

            return _own.Contains(address);
        }
    }
}

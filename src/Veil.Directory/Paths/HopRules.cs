using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Paths;

/// <summary>Which relays may stand together on a path (spec/directory.md, section 6).</summary>
public static class HopRules
{
    /// <summary>
    /// Whether both may be hops of one path: two relays, not one family, and, unless it is a lab network, not one
    /// /16 (IPv4) or /32 (IPv6).
    /// </summary>
    public static bool MayMeet(RelayEntry one, RelayEntry other, bool lab)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one.Identity != other.Identity
            && (one.Family == default || one.Family != other.Family)
            && (lab || one.Address.Subnet != other.Address.Subnet);
    }

    /// <summary>Whether <paramref name="candidate"/> may meet every hop so far and is not excluded.</summary>
    public static bool MayJoin(
        RelayEntry candidate, IEnumerable<RelayEntry> hops, IReadOnlySet<RelayId> excluded, bool lab)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        ArgumentNullException.ThrowIfNull(excluded);
        return candidate.Has(RelayFlags.Relay) && !excluded.Contains(candidate.Identity)
            && hops.All(hop => MayMeet(candidate, hop, lab));
    }

    /// <summary>Whether <paramref name="candidate"/> may be second or third hop of a trunk that publishes, keeps or
    /// serves: no store, where the network has enough other relays.</summary>
    public static bool MayPublish(RelayEntry candidate, Consensus consensus)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        ArgumentNullException.ThrowIfNull(consensus);
        return candidate.Has(RelayFlags.Relay)
            && !(consensus.PublishesPastStores && candidate.Has(RelayFlags.Store));
    }
}

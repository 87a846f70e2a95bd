using Veil.Wire.Documents;

namespace Veil.Directory.Paths;

/// <summary>Whether a network has enough relays that are no stores for all that is published to go over them alone
/// (spec/directory.md, section 6).</summary>
public static class StoreFreeRelays
{
    /// <summary>The fewest families and, outside of labs, subnets (/16 or /32) that they must be of.</summary>
    public const int MinOperators = 10;

    /// <summary>They must have at least the total weight divided by this.</summary>
    public const ulong WeightDivisor = 6;

    internal static bool Suffice(IEnumerable<RelayEntry> listed, ulong totalWeight, bool lab)
    {
        // One that has no weight is never drawn.
        RelayEntry[] free = [.. listed.Where(entry => entry.Weight > 0 && !entry.Has(RelayFlags.Store))];
        var weight = free.Aggregate(0UL, (sum, entry) => sum + entry.Weight);
        return weight * WeightDivisor >= totalWeight
            && free.DistinctBy(entry => entry.Family == default ? entry.Identity.Value : entry.Family).Count()
                >= MinOperators
            && (lab || free.DistinctBy(entry => entry.Address.Subnet).Count() >= MinOperators);
    }
}

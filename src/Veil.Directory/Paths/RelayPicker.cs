using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Directory.Paths;

/// <summary>
/// Picks relays of one consensus with probability proportional to weight (spec/directory.md, section 6): a number
/// below the total, a binary search over cumulative weights, and another try while the relay does not fit. Refusing
/// keeps the odds exact; after <see cref="MaxTries"/> a scan over the fitting ones gives the same odds.
/// </summary>
public sealed class RelayPicker
{
    /// <summary>Tries before the scan: enough when a tenth of the weight fits in 9,988 of 10,000 picks.</summary>
    public const int MaxTries = 64;

    private readonly Consensus _consensus;
    private readonly DecisionSource _decisions;

    /// <summary>Picks from <paramref name="consensus"/> as <paramref name="decisions"/> say.</summary>
    public RelayPicker(Consensus consensus, DecisionSource decisions)
    {
        ArgumentNullException.ThrowIfNull(consensus);
        ArgumentNullException.ThrowIfNull(decisions);
        _consensus = consensus;
        _decisions = decisions;
    }

    /// <summary>A relay that <paramref name="fits"/>, or null if there is none; never one of weight 0.</summary>
    public RelayEntry? Pick(Func<RelayEntry, bool> fits)
    {
        ArgumentNullException.ThrowIfNull(fits);
        var total = _consensus.TotalWeight;
        if (total == 0)
        {
            return null;
        }

        for (var tries = 0; tries < MaxTries; tries++)
        {
            var entry = At(_decisions.NextBelow(total));
            if (fits(entry))
            {
                return entry;
            }
        }

        return Scan(fits);
    }

    /// <summary>The relay that owns <paramref name="number"/> of the cumulative weight.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not below the total.</exception>
    public RelayEntry At(ulong number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, _consensus.TotalWeight);
        var relays = _consensus.Relays;
        var (low, high) = (0, relays.Count);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = relays[middle].WeightStart <= number ? (middle, high) : (low, middle);
        }

        // The last start that is not above the number: relays without weight share theirs with the next one.
        return relays[low];
    }

    private RelayEntry? Scan(Func<RelayEntry, bool> fits)
    {
        var fitting = _consensus.Relays.Where(entry => entry.Weight > 0 && fits(entry)).ToList();
        var total = fitting.Aggregate(0UL, (sum, entry) => sum + entry.Weight);
        if (total == 0)
        {
            return null;
        }

        var number = _decisions.NextBelow(total);
        foreach (var entry in fitting)
        {
            if (number < entry.Weight)
            {
                return entry;
            }

            number -= entry.Weight;
        }

        throw new InvalidOperationException("the number is below the sum of the weights");
    }
}

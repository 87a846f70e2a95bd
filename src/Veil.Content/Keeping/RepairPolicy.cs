namespace Veil.Content.Keeping;

/// <summary>Why a round repairs, or does not (spec/keeping.md, section 4).</summary>
public enum RepairVerdict
{
    /// <summary>Nothing is at its threshold.</summary>
    Healthy,

    /// <summary>Too little was found, and what is unreachable may come back within the grace.</summary>
    Waiting,

    /// <summary>Most stores did not answer: the keeper's own connection is the likelier cause.</summary>
    OwnConnection,

    /// <summary>What is lost is put back.</summary>
    Repair,

    /// <summary>The same, and more is left for the next round.</summary>
    RepairPart,
}

/// <summary>What a round is to put back.</summary>
/// <param name="Verdict">Why.</param>
/// <param name="Stripes">Stripes, those with the fewest shares first.</param>
/// <param name="Copies">Blocks in copies.</param>
public sealed record RepairPlan(
    RepairVerdict Verdict,
    IReadOnlyList<StripeHealth> Stripes,
    IReadOnlyList<CopyHealth> Copies);

/// <summary>From what a check found to what is to be done. Without state, clock or network.</summary>
public static class RepairPolicy
{
    /// <summary>Decides.</summary>
    /// <param name="health">What was found.</param>
    /// <param name="damping">Part of the stripes that may be repaired at once, above 0; 1 for all.</param>
    /// <param name="whole">Whether what is lost is put back even where nothing is at its threshold.</param>
    public static RepairPlan Decide(ObjectHealth health, double damping, bool whole = false)
    {
        ArgumentNullException.ThrowIfNull(health);
        if (IsOwnConnection(health.Stores)) return Nothing(RepairVerdict.OwnConnection);
        var due = health.Incomplete.Any(stripe => stripe.IsDue || (whole && stripe.Lost > 0))
            || health.IncompleteCopies.Any(block => block.IsDue || (whole && block.Lost > 0));
        if (!due) return Nothing(health.IsHealthy ? RepairVerdict.Healthy : RepairVerdict.Waiting);

        var wanted = health.Incomplete
            .Where(stripe => stripe.Lost > 0 && stripe.IsReadable)
            .OrderBy(stripe => stripe.Margin)
            .ToArray();
        var budget = Math.Max(1, (long)Math.Ceiling(health.Stripes * damping));
        var taken = wanted.Where((stripe, place) => place < budget || stripe.IsUrgent).ToArray();
        return new RepairPlan(
            taken.Length < wanted.Length ? RepairVerdict.RepairPart : RepairVerdict.Repair,
            taken,
            [.. health.IncompleteCopies.Where(block => block.Lost > 0 && block.Placed > 0)]);
    }

    /// <summary>Whether more than half of the stores that were asked answered nothing.</summary>
    public static bool IsOwnConnection((int Asked, int Silent) stores) => stores.Silent * 2 > stores.Asked;

    private static RepairPlan Nothing(RepairVerdict verdict) => new(verdict, [], []);
}

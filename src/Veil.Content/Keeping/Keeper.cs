using Veil.Content.Edge;
using Veil.Content.Fetching;
using Veil.Content.Keys;
using Veil.Wire;
using Veil.Wire.Denying;
using Veil.Wire.Seams;

namespace Veil.Content.Keeping;

/// <summary>
/// Checks objects, renews their leases and puts back what is lost (spec/keeping.md). Remembers only which stores are
/// silent; safe for concurrent use.
/// </summary>
/// <param name="network">The stores.</param>
/// <param name="ring">Where blocks are and may be, given the grace.</param>
/// <param name="seams">Choices and the clock.</param>
/// <param name="options">Bounds and the grace.</param>
/// <param name="denylist">What is not to be kept; null forbids nothing.</param>
public sealed class Keeper(
    IBlockNetwork network,
    Func<TimeSpan, KeepRing> ring,
    (DecisionSource Decisions, TimeProvider Time) seams,
    KeepingOptions options,
    Denylist? denylist = null)
{
    /// <summary>How content is kept.</summary>
    public KeepingOptions Options => options;

    /// <summary>Since when which stores have not answered.</summary>
    public SilentStores Silent { get; } = new();

    /// <summary>Makes the repair key of what a content key opens.</summary>
    /// <returns>The key, and name and length for the person who keeps it.</returns>
    /// <exception cref="ContentUnavailableException">The manifest cannot be had, or is none.</exception>
    public async Task<(RepairKey Key, string Name, long Bytes)> ResolveAsync(
        ContentKey key,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ManifestFetch.ThrowIfDenied(denylist, key.Capability.RootReference);
        var context = NewRound(TimeSpan.Zero, static _ => false).Fetches;
        var (manifest, references) = await ManifestFetch.RunAsync(key.Capability, context, cancellationToken);

        // A tree may name one block several times.
        BlockRef[] distinct = [.. references.Distinct()];
        if (distinct.Length > RepairKey.MaxManifestBlocks) throw new KeepingException(
            $"the manifest has {distinct.Length} blocks, and a repair key has room for {RepairKey.MaxManifestBlocks}");
        return (new RepairKey(manifest.Capabilities.StripeMap, distinct), manifest.Name, manifest.Size.Length);
    }

    /// <summary>Looks at all of an object; stores nothing.</summary>
    /// <exception cref="ContentUnavailableException">The stripe map cannot be had, or is none.</exception>
    public async Task<ObjectHealth> CheckAsync(RepairKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ManifestFetch.ThrowIfDenied(denylist, key.Root);
        var round = NewRound(options.Grace, static _ => false);
        HealthCount health = new(options.MaxIncomplete);
        await using var map = await RepairMap.OpenAsync(key.StripeMap, round.Fetches, cancellationToken);
        await new ObjectWalk(round, map, key, health).RunAsync(TimeSpan.Zero, cancellationToken);
        return health.Take(round.Tally.Counts);
    }

    /// <summary>One round: looks at all of an object, renews what is due, puts back what is lost if it is
    /// time.</summary>
    /// <exception cref="ContentUnavailableException">The stripe map cannot be had, or is none.</exception>
    public async Task<RoundReport> RunRoundAsync(
        RepairKey key,
        RoundRequest request,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(request);
        ManifestFetch.ThrowIfDenied(denylist, key.Root);
        var began = seams.Time.GetUtcNow();
        var grace = request.WithoutGrace ? TimeSpan.Zero : options.Grace;
        var round = NewRound(grace, reference => request.Renewals.IsDue(reference, request.RenewedUntil, began));
        HealthCount health = new(options.MaxIncomplete);
        await using var map = await RepairMap.OpenAsync(key.StripeMap, round.Fetches, cancellationToken);
        await new ObjectWalk(round, map, key, health).RunAsync(request.Spread, cancellationToken);

        var found = health.Take(round.Tally.Counts);
        Observe(round, found);
        var plan = RepairPolicy.Decide(found, request.IsWhole ? 1 : options.Damping, request.IsWhole);
        ObjectRepair repair = new(round, map, health);
        await repair.RunAsync(plan, cancellationToken);
        return new RoundReport
        {
            Began = began,
            Found = found,
            Left = health.Take(round.Tally.Counts),
            Verdict = plan.Verdict,
            StripesRepaired = plan.Stripes.Count,
            Stored = repair.Stored,
            RepairsFailed = repair.Failed,
            Renewed = round.Renewed,
            RenewalsFailed = round.RenewalsFailed,
        };
    }

    private void Observe(KeepRound round, ObjectHealth found)
    {
        var silent = RepairPolicy.IsOwnConnection(found.Stores) ? [] : round.Tally.Silent;
        Silent.Observe(round.Tally.Answered, silent, round.Ring.IsListed, seams.Time.GetUtcNow());
    }

    private KeepRound NewRound(TimeSpan grace, Func<BlockRef, bool> isDue)
    {
        var now = seams.Time.GetUtcNow();
        var rings = ring(grace);
        (Func<BlockRef, bool>, Func<RelayId, bool>, bool) judgement =
            (isDue, store => Silent.IsGivenUp(store, now, grace), grace == TimeSpan.Zero);
        return rings.Present.Count == 0
            ? throw new ContentUnavailableException(ContentFault.TooFewShares, "the network has no stores")
            : new KeepRound(network, seams, options, rings, judgement);
    }
}

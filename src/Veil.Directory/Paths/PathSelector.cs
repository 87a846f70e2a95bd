using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Directory.Paths;

/// <summary>
/// Chooses the three hops of a trunk (spec/directory.md, section 6): a guard of the client's own, a second hop by
/// weight or from the fixed set, a third by weight; never one relay twice, nor two of one family or subnet. Trunks that
/// publish pass no store where they can.
/// </summary>
public sealed class PathSelector
{
    // Second hops tried for one guard: where there is a path at all, the first one nearly always fits.
    private const int MaxBarren = 16;

    private readonly Consensus _consensus;
    private readonly DecisionSource _decisions;
    private readonly bool _lab;
    private readonly RelayPicker _picker;

    /// <summary>Chooses from one consensus; <paramref name="lab"/> switches the subnet rule off.</summary>
    public PathSelector(Consensus consensus, DecisionSource decisions, bool lab)
    {
        ArgumentNullException.ThrowIfNull(consensus);
        ArgumentNullException.ThrowIfNull(decisions);
        _consensus = consensus;
        _decisions = decisions;
        _lab = lab;
        _picker = new RelayPicker(consensus, decisions);
    }

    /// <summary>
    /// A path for <paramref name="request"/>, or the reason why there is none. The sets must have been refreshed with
    /// this consensus. A guard beside which no path fits gives way to the next one.
    /// </summary>
    public PathResult Select(PathRequest request, GuardSet guards, VanguardSet vanguards)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(guards);
        ArgumentNullException.ThrowIfNull(vanguards);
        if (!_consensus.IsLive(request.Now))
        {
            return PathResult.Of(PathFailure.NoLiveConsensus);
        }

        if (_consensus.Relays.Count(entry => entry.Has(RelayFlags.Relay)) < CircuitPath.Length)
        {
            return PathResult.Of(PathFailure.TooFewRelays);
        }

        var usable = guards.Usable(_consensus, request.Excluded, request.Now).ToArray();
        if (request.Purpose != TrunkPurpose.Interactive)
        {
            // Bulk spreads over both guards; interactive use stays with the first that can be used.
            _decisions.Shuffle<RelayEntry>(usable);
        }

        if (request.Purpose == TrunkPurpose.Publish)
        {
            return SelectToPublish(request, usable, vanguards);
        }

        var result = PathResult.Of(PathFailure.NoGuard);
        foreach (var guard in usable)
        {
            result = CompleteAtRandom(request, guard);
            if (result.Path is not null)
            {
                break;
            }
        }

        return result;
    }

    // The third hop first, from all that can be reached at all: drawn last, a client's own guards and second hops would
    // be third hops more seldom than those of others, which stores could count.
    private PathResult SelectToPublish(PathRequest request, RelayEntry[] guards, VanguardSet vanguards)
    {
        RelayEntry[] seconds = [.. vanguards.Listed(_consensus)];
        _decisions.Shuffle<RelayEntry>(seconds);
        (RelayEntry Guard, RelayEntry Second)[] begins = [.. guards.SelectMany(
            guard => seconds.Where(second => Fits(request, second, guard)),
            (guard, second) => (guard, second))];
        if (begins.Length == 0)
        {
            return PathResult.Of(guards.Length == 0 ? PathFailure.NoGuard : PathFailure.NoSecondHop);
        }

        var third = _picker.Pick(entry => HopRules.MayPublish(entry, _consensus)
            && begins.Any(begin => Fits(request, entry, begin.Guard, begin.Second)));
        if (third is null)
        {
            return PathResult.Of(PathFailure.NoThirdHop);
        }

        var (guard, second) = begins.First(begin => Fits(request, third, begin.Guard, begin.Second));
        return new PathResult(new CircuitPath(guard, second, third), PathFailure.None);
    }

    private bool Fits(PathRequest request, RelayEntry entry, params RelayEntry[] hops) =>
        HopRules.MayJoin(entry, hops, request.Excluded, _lab);

    private PathResult CompleteAtRandom(PathRequest request, RelayEntry guard)
    {
        // A second hop can leave no third one (a large family); others may not.
        var failure = PathFailure.NoSecondHop;
        var barren = new HashSet<RelayEntry>(ReferenceEqualityComparer.Instance);
        while (barren.Count < MaxBarren
            && _picker.Pick(entry => !barren.Contains(entry) && Fits(request, entry, guard)) is { } second)
        {
            if (_picker.Pick(entry => Fits(request, entry, guard, second)) is { } third)
            {
                return new PathResult(new CircuitPath(guard, second, third), PathFailure.None);
            }

            failure = PathFailure.NoThirdHop;
            barren.Add(second);
        }

        return PathResult.Of(failure);
    }
}

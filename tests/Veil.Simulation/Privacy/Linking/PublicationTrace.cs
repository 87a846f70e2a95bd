using Veil.Simulation.Privacy.Watching;
using Veil.Wire;

namespace Veil.Simulation.Privacy.Linking;

/// <summary>Figures of one publication that a linker compares: from records of stores alone, except
/// <see cref="Seconds"/> and <see cref="Guards"/>.</summary>
internal sealed class PublicationTrace
{
    private const double Tiny = 1e-6;

    /// <summary>Of what stores saw of it.</summary>
    internal PublicationTrace(IReadOnlyList<StoreSighting> sightings, IReadOnlySet<int> stores)
    {
        Sightings = sightings;
        StoreBranch[] branches = [.. sightings.Select(sighting => sighting.Branch).Distinct()];
        Branches = branches.ToHashSet();
        StoreBranch[] trunks = [.. branches.DistinctBy(branch => branch.Trunk)];
        Seconds = Count(trunks
            .Where(trunk => stores.Contains(trunk.Third) || stores.Contains(trunk.Second))
            .Select(trunk => trunk.Second));
        Guards = Count(trunks
            .Where(trunk => stores.Contains(trunk.Second) || stores.Contains(trunk.Guard))
            .Select(trunk => trunk.Guard));
        Thirds = Count(trunks.Select(trunk => trunk.Third));
        Begin = branches.Min(branch => branch.OpenedAt).TotalSeconds;
        End = sightings[^1].At.TotalSeconds;
        FirstAtStore = sightings.GroupBy(sighting => sighting.Store)
            .ToDictionary(store => store.Key, store => store.Min(sighting => sighting.At.TotalSeconds));
        Delays = sightings.GroupBy(sighting => sighting.Branch)
            .ToDictionary(
                branch => branch.Key,
                branch => branch.Min(sighting => sighting.At - branch.Key.OpenedAt).TotalSeconds);
        Levels = [.. LevelsOf(branches)];
    }

    /// <summary>Names of <see cref="Levels"/>.</summary>
    internal static IReadOnlyList<string> LevelNames { get; } =
    [
        "shortest delay from a branch to its first block", "median delay", "longest delay",
        "pause between blocks, median", "pause between blocks, longest", "pause before the root",
        "blocks per second", "blocks in the busiest half second", "branches per block", "trunks per block",
        "time from first branch to first block", "spread of branch openings",
    ];

    internal IReadOnlyList<StoreSighting> Sightings { get; }

    internal IReadOnlySet<StoreBranch> Branches { get; }

    /// <summary>Trunks by third hop, as stores can guess them: branches of one hop in one publication.</summary>
    internal IReadOnlyDictionary<int, int> Thirds { get; }

    /// <summary>Trunks by second hop, where the third hop or the second is a store itself.</summary>
    internal IReadOnlyDictionary<int, int> Seconds { get; }

    /// <summary>Trunks by guard, where the second hop or the guard is a store itself.</summary>
    internal IReadOnlyDictionary<int, int> Guards { get; }

    internal double Begin { get; }

    internal double End { get; }

    internal IReadOnlyDictionary<int, double> FirstAtStore { get; }

    internal IReadOnlyDictionary<StoreBranch, double> Delays { get; }

    /// <summary>Logarithms of times and rates.</summary>
    internal double[] Levels { get; }

    /// <summary>Blocks that one store got more than once: signs of a second try.</summary>
    internal double Repeats => Sightings.GroupBy(sighting => (sighting.Store, sighting.Reference))
        .Count(request => request.Count() > 1);

    private static Dictionary<int, int> Count(IEnumerable<int> items) =>
        items.GroupBy(item => item).ToDictionary(item => item.Key, item => item.Count());

    private static double Log(double value) => Math.Log(Math.Max(value, Tiny));

    private IEnumerable<double> LevelsOf(StoreBranch[] branches)
    {
        double[] delays = [.. Delays.Values.Order()];
        double[] times = [.. Sightings.Select(sighting => sighting.At.TotalSeconds)];
        double[] pauses = [.. times.Zip(times.Skip(1), (one, next) => next - one).Order()];
        double[] openings = [.. branches.Select(branch => branch.OpenedAt.TotalSeconds).Order()];
        yield return Log(delays[0]);
        yield return Log(delays[delays.Length / 2]);
        yield return Log(delays[^1]);
        yield return Log(pauses[pauses.Length / 2]);
        yield return Log(pauses[^1]);
        yield return Log(PauseBeforeRoot());
        yield return Log(times.Length / Math.Max(End - Begin, Tiny));
        yield return Log(times.Max(from => times.Count(time => time >= from && time < from + 0.5)));
        yield return Log((double)branches.Length / times.Length);
        yield return Log((double)branches.DistinctBy(branch => branch.Trunk).Count() / times.Length);
        yield return Log(times[0] - Begin);
        yield return Log(openings[openings.Length / 2] - openings[0]);
    }

    // The block that came last, and when the one before it was done.
    private double PauseBeforeRoot()
    {
        BlockRef root = Sightings[^1].Reference;
        var before = Sightings.Where(sighting => sighting.Reference != root).Max(sighting => sighting.At);
        var first = Sightings.Where(sighting => sighting.Reference == root).Min(sighting => sighting.At);
        return (first - before).TotalSeconds;
    }
}

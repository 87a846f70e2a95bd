namespace Veil.Simulation.Privacy.Linking;

/// <summary>
/// What a linker makes of a pair: how alike two publications are in hops, circuits, times, rates and orders
/// (spec/privacy.md, section 4). A number each; which way it points is the model's to learn.
/// </summary>
internal sealed class LinkerFeatures
{
    private readonly IReadOnlySet<int> _stores;
    private readonly bool _poolsHops;
    private readonly Dictionary<int, double> _usualThirds;
    private readonly Dictionary<int, double> _usualSeconds;
    private readonly Dictionary<int, double> _usualGuards;
    private readonly double[] _means;

    /// <summary>Learns what is usual in one network from all its publications, without who made them.</summary>
    /// <param name="pairs">All pairs of the network.</param>
    /// <param name="stores">Which relays are stores.</param>
    /// <param name="poolsHops">Whether stores also tell what they see as hops of trunks.</param>
    internal LinkerFeatures(IReadOnlyList<PublicationPair> pairs, IReadOnlySet<int> stores, bool poolsHops)
    {
        _stores = stores;
        _poolsHops = poolsHops;
        PublicationTrace[] all = [.. pairs
            .SelectMany(pair => new[] { pair.First, pair.Second })
            .Select(sightings => new PublicationTrace(sightings, stores))];
        _usualThirds = Usual(all.Select(trace => trace.Thirds));
        _usualSeconds = Usual(all.Select(trace => trace.Seconds));
        _usualGuards = Usual(all.Select(trace => trace.Guards));
        _means = [.. Enumerable.Range(0, PublicationTrace.LevelNames.Count)
            .Select(level => all.Average(trace => trace.Levels[level]))];
    }

    /// <summary>Names, in the order of <see cref="Of"/>.</summary>
    internal static IReadOnlyList<string> Names(bool poolsHops) =>
    [
        "third hops in common", "third hops beyond chance", "branches in common", "trunks in common",
        "gap from begin to begin", "gap from end to begin", "overlap in time", "rates while they overlap",
        "order of common stores", "delays behind common third hops", "delays at common stores",
        "phase of the half second", "repeats",
        .. PublicationTrace.LevelNames.Select(name => $"{name}, difference"),
        .. PublicationTrace.LevelNames.Select(name => $"{name}, product"),
        .. poolsHops
            ? ["second hops in common", "second hops beyond chance", "guards in common", "guards beyond chance"]
            : Array.Empty<string>(),
    ];

    /// <summary>The features of one pair.</summary>
    internal double[] Of(PublicationPair pair)
    {
        PublicationTrace first = new(pair.First, _stores);
        PublicationTrace second = new(pair.Second, _stores);
        var levels = first.Levels.Zip(second.Levels).Index();
        return
        [
            InCommon(first.Thirds, second.Thirds),
            BeyondChance(first.Thirds, second.Thirds, _usualThirds),
            first.Branches.Count(second.Branches.Contains),
            first.Branches.Select(branch => branch.Trunk).Distinct()
                .Intersect(second.Branches.Select(branch => branch.Trunk)).Count(),
            Math.Log(Math.Abs(second.Begin - first.Begin) + 0.01),
            second.Begin - first.End,
            Math.Max(0, Math.Min(first.End, second.End) - second.Begin),
            RatesTogether(first, second),
            OrderTogether(first, second),
            DelaysBehind(first, second),
            DelaysAt(first, second),
            Math.Abs(Math.IEEERemainder(second.Begin - first.Begin, 0.5)),
            first.Repeats * second.Repeats,
            .. levels.Select(level => Math.Abs(level.Item.First - level.Item.Second)),
            .. levels.Select(level =>
                (level.Item.First - _means[level.Index]) * (level.Item.Second - _means[level.Index])),
            .. _poolsHops
                ?
                [
                    InCommon(first.Seconds, second.Seconds), BeyondChance(first.Seconds, second.Seconds, _usualSeconds),
                    InCommon(first.Guards, second.Guards), BeyondChance(first.Guards, second.Guards, _usualGuards),
                ]
                : Array.Empty<double>(),
        ];
    }

    // Per publication.
    private static Dictionary<int, double> Usual(IEnumerable<IReadOnlyDictionary<int, int>> counts)
    {
        IReadOnlyDictionary<int, int>[] all = [.. counts];
        return all.SelectMany(count => count).GroupBy(entry => entry.Key)
            .ToDictionary(hop => hop.Key, hop => (double)hop.Sum(entry => entry.Value) / all.Length);
    }

    private static double InCommon(IReadOnlyDictionary<int, int> first, IReadOnlyDictionary<int, int> second) =>
        (double)first.Keys.Count(second.ContainsKey) / Math.Max(1, first.Keys.Union(second.Keys).Count());

    // A user goes around its own guards and second hops, so the two deviate from what is usual in the same way.
    private static double BeyondChance(
        IReadOnlyDictionary<int, int> first,
        IReadOnlyDictionary<int, int> second,
        Dictionary<int, double> usual)
    {
        var (ofFirst, ofSecond, ofAll) = (first.Values.Sum(), second.Values.Sum(), usual.Values.Sum());
        return usual.Sum(hop =>
        {
            var share = hop.Value / ofAll;
            return (first.GetValueOrDefault(hop.Key) - (ofFirst * share))
                * (second.GetValueOrDefault(hop.Key) - (ofSecond * share)) / share;
        });
    }

    private static double RatesTogether(PublicationTrace first, PublicationTrace second)
    {
        const double Bin = 0.1;
        var (from, to) = (Math.Max(first.Begin, second.Begin), Math.Min(first.End, second.End));
        var bins = (int)((to - from) / Bin);
        return bins < 5 ? 0 : Correlation(Rates(first), Rates(second));

        double[] Rates(PublicationTrace trace)
        {
            var rates = new double[bins];
            foreach (var at in trace.Sightings.Select(sighting => sighting.At.TotalSeconds))
            {
                var bin = (int)((at - from) / Bin);
                if (at >= from && bin < bins) rates[bin]++;
            }

            return rates;
        }
    }

    private static double OrderTogether(PublicationTrace first, PublicationTrace second)
    {
        int[] common = [.. first.FirstAtStore.Keys.Where(second.FirstAtStore.ContainsKey).Order()];
        return common.Length < 4 ? 0 : Correlation(Ranks(first), Ranks(second));

        double[] Ranks(PublicationTrace trace)
        {
            int[] order = [.. common.OrderBy(store => trace.FirstAtStore[store])];
            return [.. common.Select(store => (double)Array.IndexOf(order, store))];
        }
    }

    private static double DelaysBehind(PublicationTrace first, PublicationTrace second) =>
        DelaysBy(first, second, trace => trace.Delays.GroupBy(delay => delay.Key.Third)
            .ToDictionary(hop => hop.Key, hop => hop.Min(delay => delay.Value)));

    private static double DelaysAt(PublicationTrace first, PublicationTrace second) =>
        DelaysBy(first, second, trace => trace.Sightings.GroupBy(sighting => sighting.Store)
            .ToDictionary(store => store.Key, store => store.Min(sighting => trace.Delays[sighting.Branch])));

    private static double DelaysBy(
        PublicationTrace first, PublicationTrace second, Func<PublicationTrace, Dictionary<int, double>> by)
    {
        var (ofFirst, ofSecond) = (by(first), by(second));
        double[] apart = [.. ofFirst.Where(delay => ofSecond.ContainsKey(delay.Key))
            .Select(delay => Math.Abs(Math.Log((delay.Value + 0.001) / (ofSecond[delay.Key] + 0.001)))).Order()];

        // Nothing in common says nothing: what two strangers usually have.
        return apart.Length == 0 ? 0.3 : apart[apart.Length / 2];
    }

    private static double Correlation(double[] one, double[] other)
    {
        var (meanOne, meanOther) = (one.Average(), other.Average());
        var together = one.Zip(other, (a, b) => (a - meanOne) * (b - meanOther)).Sum();
        var norm = Math.Sqrt(
            one.Sum(a => (a - meanOne) * (a - meanOne)) * other.Sum(b => (b - meanOther) * (b - meanOther)));
        return norm == 0 ? 0 : together / norm;
    }
}

namespace Veil.Simulation.Privacy.Trunks;

/// <summary>What an observer assumes of fetches; fitted to some whose object it knows.</summary>
/// <param name="Carried">The share of an object's stores that one trunk leads to.</param>
/// <param name="Missed">The share of data shares that do not come from their place.</param>
/// <param name="Hedged">The share of parity shares that are asked for although nothing is lost.</param>
internal sealed record FetchHabits(double Carried, double Missed, double Hedged)
{
    /// <summary>Blocks from a store that nothing explains.</summary>
    internal const double Unexplained = 1e-4;
}

/// <summary>
/// The chance of a view under an object: data shares come from their places unless missed, copies and hedges as a
/// Poisson number beside them; each store of the object is led to by this trunk with one chance.
/// </summary>
internal sealed class TrunkLikelihood(FetchHabits habits)
{
    private const double CopyUnit = 20;
    private readonly Dictionary<(int Seen, int Data, int Parity, int Copies), double> _known = [];

    /// <summary>The logarithm of the chance of a view, were this the object.</summary>
    internal double Of(TrunkView view, KnownObject known)
    {
        var sum = 0.0;
        for (var store = 0; store < view.Blocks.Length; store++)
        {
            var key = (view.Blocks[store], known.Data[store], known.Parity[store],
                (int)Math.Round(known.Copies[store] * CopyUnit));
            if (!_known.TryGetValue(key, out var chance)) _known.Add(key, chance = OfStore(key));
            sum += chance;
        }

        return sum;
    }

    /// <summary>The same for an object of this kind of which nothing is known but its size.</summary>
    internal double OfStranger(TrunkView view, KnownObject alike)
    {
        var stores = view.Blocks.Length;
        var mean = (((1 - habits.Missed) * alike.Data.Sum()) + (habits.Hedged * alike.Parity.Sum())
            + alike.Copies.Sum()) / stores;
        return view.Blocks.Sum(seen => seen == 0
            ? Math.Log(1 - (habits.Carried * (1 - Math.Exp(-mean))))
            : Math.Log(habits.Carried) + LogPoisson(seen, mean));
    }

    private double OfStore((int Seen, int Data, int Parity, int Copies) store)
    {
        var beside = (habits.Hedged * store.Parity) + (store.Copies / CopyUnit) + FetchHabits.Unexplained;
        if (store.Seen == 0)
        {
            var isAsked = 1 - (Math.Pow(habits.Missed, store.Data) * Math.Exp(-beside));
            return Math.Log(1 - (habits.Carried * isAsked));
        }

        var chance = 0.0;
        for (var data = 0; data <= Math.Min(store.Seen, store.Data); data++)
        {
            chance += Math.Exp(
                LogBinomial(data, store.Data, 1 - habits.Missed) + LogPoisson(store.Seen - data, beside));
        }

        return Math.Log(habits.Carried) + Math.Log(Math.Max(chance, 1e-300));
    }

    private static double LogPoisson(int count, double mean) =>
        (count * Math.Log(mean)) - mean - LogFactorial(count);

    private static double LogBinomial(int hits, int trials, double chance) =>
        LogFactorial(trials) - LogFactorial(hits) - LogFactorial(trials - hits)
        + (hits * Math.Log(chance)) + ((trials - hits) * Math.Log(1 - chance));

    private static double LogFactorial(int number)
    {
        var sum = 0.0;
        for (var factor = 2; factor <= number; factor++) sum += Math.Log(factor);
        return sum;
    }
}

using Veil.Simulation.Privacy.Learning;

namespace Veil.Simulation.Privacy.Trunks;

/// <summary>The third hop of a trunk that knows many public keys and names the likeliest one.</summary>
internal sealed class TrunkObserver
{
    private static readonly double[] _carried = [0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.45];
    private static readonly double[] _missed = [0.001, 0.01, 0.03, 0.1];
    private static readonly double[] _hedged = [0.0001, 0.003, 0.01, 0.03, 0.1, 0.3];

    private readonly IReadOnlyList<KnownObject> _known;
    private readonly TrunkLikelihood _likelihood;
    private double _threshold;

    /// <summary>Fits its habits, and from where on it dares to name, to views whose object it is told.</summary>
    internal TrunkObserver(IReadOnlyList<KnownObject> known, IReadOnlyList<TrunkView> lessons)
    {
        _known = known;
        var told = lessons.Where(view => view.Truth is not null).ToArray();
        Habits = (from carried in _carried
                  from missed in _missed
                  from hedged in _hedged
                  select new FetchHabits(carried, missed, hedged))
            .MaxBy(habits =>
            {
                TrunkLikelihood likelihood = new(habits);
                return told.Sum(view => likelihood.Of(view, known[view.Truth!.Value]));
            })!;
        _likelihood = new TrunkLikelihood(Habits);
        _threshold = double.NegativeInfinity;
        Learn([.. lessons.Select(Judge)]);
    }

    /// <summary>What it found usual.</summary>
    internal FetchHabits Habits { get; }

    /// <summary>How well it does on views that it has not seen.</summary>
    internal ThirdHopReport Report(IReadOnlyList<TrunkView> views, bool isPlayed)
    {
        var judged = views.Select(Judge).ToArray();
        var ofKnown = judged.Where(guess => guess.View.Truth is not null).ToArray();
        var named = judged.Where(guess => guess.Margin >= _threshold).ToArray();
        return new ThirdHopReport(
            isPlayed,
            ofKnown.Length,
            views.Count == 0 ? 0 : views.Average(view => view.Stores),
            Scores.ShareOf(ofKnown.Count(guess => guess.Rank == 0), ofKnown.Length),
            Scores.ShareOf(ofKnown.Count(guess => guess.Rank < 5), ofKnown.Length),
            Scores.ShareOf(named.Count(guess => guess.Rank == 0), named.Length),
            Scores.ShareOf(named.Count(guess => guess.Rank == 0), ofKnown.Length));
    }

    // The threshold with the best harmonic mean of precision and recall.
    private void Learn((TrunkView View, int Rank, double Margin)[] lessons)
    {
        var known = lessons.Count(guess => guess.View.Truth is not null);
        _threshold = lessons.Select(guess => guess.Margin).MaxBy(threshold =>
        {
            var named = lessons.Count(guess => guess.Margin >= threshold);
            var right = lessons.Count(guess => guess.Margin >= threshold && guess.Rank == 0);
            return 2.0 * right / (named + known);
        });
    }

    // Its truth's place among all known objects, -1 for an unknown one; and how much likelier the best is than a
    // stranger of the same size.
    private (TrunkView View, int Rank, double Margin) Judge(TrunkView view)
    {
        double[] chances = [.. _known.Select(known => _likelihood.Of(view, known))];
        var best = Array.IndexOf(chances, chances.Max());
        var margin = chances[best] - _likelihood.OfStranger(view, _known[best]);

        // Of equal ones half come first.
        var rank = view.Truth is not { } truth
            ? -1
            : chances.Count(chance => chance > chances[truth])
                + (chances.Count(chance => chance == chances[truth]) / 2);
        return (view, rank, margin);
    }
}

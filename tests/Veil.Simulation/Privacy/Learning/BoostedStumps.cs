namespace Veil.Simulation.Privacy.Learning;

/// <summary>Boosted trees of one threshold each (AdaBoost, its real form with shrinkage): finds what a straight line
/// through the features misses.</summary>
internal sealed class BoostedStumps
{
    private const int Rounds = 60;
    private const int Cuts = 12;
    private const double Shrinkage = 0.3;

    private readonly List<(int Feature, double Cut, double Below, double Above)> _stumps = [];

    /// <summary>Fits examples, each of the same number of features.</summary>
    internal BoostedStumps(IReadOnlyList<(double[] Features, bool Answer)> examples)
    {
        var weights = Enumerable.Repeat(1.0 / examples.Count, examples.Count).ToArray();
        double[][] cuts = [.. Enumerable.Range(0, examples[0].Features.Length).Select(f => CutsOf(examples, f))];
        for (var round = 0; round < Rounds; round++)
        {
            var best = Enumerable.Range(0, cuts.Length)
                .SelectMany(f => cuts[f].Select(cut => Weigh(examples, weights, f, cut)))
                .MinBy(stump => stump.Loss);
            _stumps.Add((best.Feature, best.Cut, Shrinkage * best.Below, Shrinkage * best.Above));
            for (var index = 0; index < weights.Length; index++)
            {
                var vote = Vote(_stumps[^1], examples[index].Features);
                weights[index] *= Math.Exp(examples[index].Answer ? -vote : vote);
            }

            var sum = weights.Sum();
            for (var index = 0; index < weights.Length; index++) weights[index] /= sum;
        }
    }

    /// <summary>The chance that the answer is yes.</summary>
    internal double Predict(double[] features) =>
        1 / (1 + Math.Exp(-2 * _stumps.Sum(stump => Vote(stump, features))));

    private static double Vote((int Feature, double Cut, double Below, double Above) stump, double[] features) =>
        features[stump.Feature] <= stump.Cut ? stump.Below : stump.Above;

    private static double[] CutsOf(IReadOnlyList<(double[] Features, bool Answer)> examples, int feature)
    {
        double[] values = [.. examples.Select(example => example.Features[feature]).Order()];
        return [.. Enumerable.Range(1, Cuts - 1).Select(cut => values[cut * values.Length / Cuts]).Distinct()];
    }

    private static (int Feature, double Cut, double Below, double Above, double Loss) Weigh(
        IReadOnlyList<(double[] Features, bool Answer)> examples, double[] weights, int feature, double cut)
    {
        // Weights of yes and no, below and above.
        double yesBelow = 0, noBelow = 0, yesAbove = 0, noAbove = 0;
        for (var index = 0; index < weights.Length; index++)
        {
            var isBelow = examples[index].Features[feature] <= cut;
            if (examples[index].Answer && isBelow) yesBelow += weights[index];
            else if (isBelow) noBelow += weights[index];
            else if (examples[index].Answer) yesAbove += weights[index];
            else noAbove += weights[index];
        }

        var smooth = 1.0 / weights.Length;
        return (
            feature,
            cut,
            0.5 * Math.Log((yesBelow + smooth) / (noBelow + smooth)),
            0.5 * Math.Log((yesAbove + smooth) / (noAbove + smooth)),
            Math.Sqrt(yesBelow * noBelow) + Math.Sqrt(yesAbove * noAbove));
    }
}

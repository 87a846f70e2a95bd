using Veil.Simulation.Privacy.Learning;
using Veil.Simulation.Seeds;
using Xunit;

namespace Veil.Simulation.Tests.Privacy;

/// <summary>The linker's models find what is there, and nothing where nothing is: without that, their failing to link
/// would show nothing.</summary>
public sealed class LearningTests
{
    private const int Features = 12;

    private readonly SeededDecisionSource _choices = new(31, "learning");

    [Fact]
    public void The_regression_finds_a_slight_shift()
    {
        var (known, unseen) = Draw(shift: 1.2, answer => answer ? 1 : 0);
        LogisticModel model = new(known);

        Assert.InRange(Right(unseen, model.Predict), 0.66, 0.8);
    }

    [Fact]
    public void The_thresholds_find_what_no_straight_line_does()
    {
        // A yes is far out on either side.
        var (known, unseen) = Draw(shift: 3, answer => !answer ? 0 : _choices.NextIndex(2) == 0 ? 1 : -1);

        Assert.InRange(Right(unseen, new LogisticModel(known).Predict), 0.4, 0.6);
        Assert.InRange(Right(unseen, new BoostedStumps(known).Predict), 0.85, 1);
    }

    [Fact]
    public void Neither_finds_anything_in_noise()
    {
        var (known, unseen) = Draw(shift: 0, _ => 0);

        Assert.InRange(Right(unseen, new LogisticModel(known).Predict), 0.44, 0.56);
        Assert.InRange(Right(unseen, new BoostedStumps(known).Predict), 0.44, 0.56);
    }

    [Fact]
    public void The_area_under_the_curve_is_the_chance_that_a_yes_is_above_a_no()
    {
        Assert.Equal(1, Scores.Auc([(2, true), (3, true), (1, false)]));
        Assert.Equal(0, Scores.Auc([(0, true), (1, false)]));
        Assert.Equal(0.5, Scores.Auc([(1, true), (1, false)]));
        Assert.Equal(0.6875, Scores.Auc([(1, true), (3, true), (1, false), (0, false), (2, false), (2, false)]));
    }

    [Fact]
    public void An_interval_of_a_thousand_trials_is_three_percent_either_side()
    {
        var share = Scores.ShareOf(500, 1000);

        Assert.Equal(0.5, share.Value);
        Assert.InRange(share.Low, 0.468, 0.470);
        Assert.InRange(share.High, 0.530, 0.532);
    }

    private static double Right((double[] Features, bool Answer)[] examples, Func<double[], double> predict) =>
        (double)examples.Count(example => predict(example.Features) >= 0.5 == example.Answer) / examples.Length;

    // One feature tells, the others are noise.
    private ((double[], bool)[] Known, (double[], bool)[] Unseen) Draw(double shift, Func<bool, int> direction)
    {
        (double[], bool)[] Some() => [.. Enumerable.Range(0, 600).Select(index =>
        {
            var answer = index % 2 == 0;
            double[] features = [.. Enumerable.Range(0, Features).Select(_ => Noise())];
            features[3] += shift * direction(answer);
            return (features, answer);
        })];
        return (Some(), Some());
    }

    // Near enough to normal.
    private double Noise() => Enumerable.Range(0, 12).Sum(_ => _choices.NextBelow(1 << 20) / (double)(1 << 20)) - 6;
}

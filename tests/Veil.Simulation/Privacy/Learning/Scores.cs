namespace Veil.Simulation.Privacy.Learning;

/// <summary>A share with its 95 % interval.</summary>
/// <param name="Value">The share.</param>
/// <param name="Low">From.</param>
/// <param name="High">To.</param>
public readonly record struct Share(double Value, double Low, double High);

/// <summary>How good guesses were.</summary>
internal static class Scores
{
    private const double Normal95 = 1.96;

    /// <summary>A share of trials with Wilson's interval.</summary>
    internal static Share ShareOf(int successes, int trials)
    {
        var (n, share) = (Math.Max(1, trials), (double)successes / Math.Max(1, trials));
        var z2 = Normal95 * Normal95;
        var middle = (share + (z2 / (2 * n))) / (1 + (z2 / n));
        var half = Normal95 / (1 + (z2 / n)) * Math.Sqrt((share * (1 - share) / n) + (z2 / (4.0 * n * n)));
        return new Share(share, middle - half, middle + half);
    }

    /// <summary>The area under the curve: the chance that a yes has the higher score than a no; 0.5 tells
    /// nothing.</summary>
    internal static double Auc(IReadOnlyList<(double Score, bool Answer)> guesses)
    {
        double[] yes = [.. guesses.Where(guess => guess.Answer).Select(guess => guess.Score)];
        double[] no = [.. guesses.Where(guess => !guess.Answer).Select(guess => guess.Score).Order()];
        return yes.Length == 0 || no.Length == 0 ? 0.5 : yes.Average(score =>
        {
            var below = Lower(no, score);
            var upTo = Lower(no, Math.BitIncrement(score));
            return (below + ((upTo - below) / 2.0)) / no.Length;
        });
    }

    private static int Lower(double[] ordered, double value)
    {
        int low = 0, high = ordered.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = ordered[middle] < value ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}

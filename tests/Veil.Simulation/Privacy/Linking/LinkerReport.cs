using Veil.Simulation.Privacy.Learning;

namespace Veil.Simulation.Privacy.Linking;

/// <summary>How well a linker guessed pairs that it had not seen.</summary>
/// <param name="Pairs">How many, half of them by one user.</param>
/// <param name="PoolsHops">Whether stores also told what they saw as hops of trunks.</param>
/// <param name="Logistic">Right guesses of the regression.</param>
/// <param name="Boosted">Right guesses of the boosted thresholds.</param>
/// <param name="Both">Right guesses of the mean of the two.</param>
/// <param name="Features">The area under the curve of each feature alone, the most telling first.</param>
public sealed record LinkerReport(
    int Pairs,
    bool PoolsHops,
    Share Logistic,
    Share Boosted,
    Share Both,
    IReadOnlyList<(string Name, double Auc)> Features)
{
    /// <summary>The best of the three.</summary>
    public Share Best => new[] { Logistic, Boosted, Both }.MaxBy(share => share.Value);
}

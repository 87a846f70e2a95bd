using Veil.Simulation.Privacy.Learning;
using Veil.Simulation.Privacy.Watching;

namespace Veil.Simulation.Privacy.Linking;

/// <summary>
/// A linker that has the records of all stores and both keys of each pair tries to tell whether one user published both
/// (spec/privacy.md, section 4). It learns from all networks but a fifth of them and is judged on those.
/// </summary>
public sealed class LinkerExperiment(ulong seed, LinkerSetting setting)
{
    private const int Folds = 5;
    private const int FirstStore = 3;

    private readonly List<PublicationPair> _pairs = [];

    /// <summary>Publishes all pairs, network after network, on the calling thread.</summary>
    /// <param name="onNetwork">Told the number of pairs so far.</param>
    public void Play(Action<int>? onNetwork = null)
    {
        for (var network = 0; network < setting.Networks; network++)
        {
            var pairs = (setting.Pairs - _pairs.Count) / (setting.Networks - network);

            // Seeds of neighbouring experiments do not meet.
            LinkerRun run = new(network, unchecked((seed * 1_000_003) + (ulong)network), setting);
            _pairs.AddRange(run.Play(pairs));
            onNetwork?.Invoke(_pairs.Count);
        }
    }

    /// <summary>Lets the linker learn and guess.</summary>
    /// <param name="poolsHops">Whether stores also tell what they see as hops of trunks.</param>
    public LinkerReport Judge(bool poolsHops)
    {
        // Relays with the lower numbers are none: see LabNetwork.
        var stores = Enumerable.Range(FirstStore + setting.Shape.Relays - setting.Shape.Stores, setting.Shape.Stores)
            .ToHashSet();
        (int Network, double[] Features, bool Answer)[] examples = [.. _pairs
            .GroupBy(pair => pair.Network)
            .SelectMany(network =>
            {
                LinkerFeatures features = new([.. network], stores, poolsHops);
                return network.Select(pair => (network.Key, features.Of(pair), pair.SameUser));
            })];
        List<(double Logistic, double Boosted, bool Answer)> guesses = [];
        for (var fold = 0; fold < Folds; fold++)
        {
            (double[], bool)[] known = [.. examples
                .Where(example => example.Network % Folds != fold)
                .Select(example => (example.Features, example.Answer))];
            LogisticModel logistic = new(known);
            BoostedStumps boosted = new(known);
            guesses.AddRange(examples
                .Where(example => example.Network % Folds == fold)
                .Select(example =>
                    (logistic.Predict(example.Features), boosted.Predict(example.Features), example.Answer)));
        }

        return new LinkerReport(
            guesses.Count,
            poolsHops,
            Right(guesses, guess => guess.Logistic),
            Right(guesses, guess => guess.Boosted),
            Right(guesses, guess => (guess.Logistic + guess.Boosted) / 2),
            [.. LinkerFeatures.Names(poolsHops)
                .Select((name, f) => (name, Scores.Auc([.. examples.Select(
                    example => (example.Features[f], example.Answer))])))
                .OrderByDescending(feature => Math.Abs(feature.Item2 - 0.5))]);
    }

    private static Share Right(
        List<(double Logistic, double Boosted, bool Answer)> guesses,
        Func<(double Logistic, double Boosted, bool Answer), double> chance) =>
        Scores.ShareOf(guesses.Count(guess => chance(guess) >= 0.5 == guess.Answer), guesses.Count);
}

using System.CommandLine;
using System.Globalization;
using Veil.Simulation.Privacy.Learning;
using Veil.Simulation.Privacy.Linking;

namespace Veil.Tools.Simulate;

/// <summary>The command that measures whether stores together can tell publications of one user from those of two
/// (spec/privacy.md, section 4).</summary>
internal static class LinkerCommand
{
    private const int ShownFeatures = 8;

    /// <summary>Makes it.</summary>
    /// <param name="seed">The option that all commands share.</param>
    internal static Command Create(Option<ulong> seed)
    {
        Option<int> pairs = new("--pairs") { Description = "Pairs of publications.", DefaultValueFactory = _ => 1000 };
        Option<bool> close = new("--close")
        {
            Description = "Both publications of a pair begin within two seconds.",
        };
        Option<bool> unlike = new("--unlike-uplinks")
        {
            Description = "Users have uplinks of 8, 24 and 100 Mbit/s instead of 100 each.",
        };
        Command command = new(
            "linker",
            "Publishes pairs of files, half of them by one user, and lets a trained linker that has the records of all "
            + "stores guess which. 1,000 pairs take some minutes.")
        {
            seed, pairs, close, unlike,
        };
        command.SetAction((parsed, _) =>
        {
            LinkerSetting setting = new() { Pairs = parsed.GetValue(pairs) };
            setting = parsed.GetValue(close) ? setting.Close() : setting;
            setting = parsed.GetValue(unlike) ? setting.Unlike() : setting;
            LinkerExperiment experiment = new(parsed.GetValue(seed), setting);
            experiment.Play(done => Console.Error.WriteLine($"{done} pairs"));
            Write(experiment.Judge(poolsHops: false));
            Write(experiment.Judge(poolsHops: true));
            return Task.FromResult(0);
        });
        return command;
    }

    private static void Write(LinkerReport report)
    {
        var who = report.PoolsHops
            ? "records of all stores, and what those of them that were hops of trunks saw as such"
            : "records of all stores";
        Console.WriteLine($"linker with the {who}, {report.Pairs} pairs:");
        Console.WriteLine($"  right: logistic regression {Text(report.Logistic)}");
        Console.WriteLine($"  right: boosted thresholds  {Text(report.Boosted)}");
        Console.WriteLine($"  right: both                {Text(report.Both)}");
        foreach (var (name, auc) in report.Features.Take(ShownFeatures))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  AUC {auc:F3}  {name}"));
        }
    }

    private static string Text(Share share) => string.Create(
        CultureInfo.InvariantCulture,
        $"{100 * share.Value:F1} % (95 %: {100 * share.Low:F1} to {100 * share.High:F1})");
}

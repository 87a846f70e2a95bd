using System.CommandLine;
using System.Globalization;
using Veil.Simulation.Privacy.Learning;
using Veil.Simulation.Privacy.Trunks;

namespace Veil.Tools.Simulate;

/// <summary>The command that measures how well the third hop of a trunk names what is fetched over it
/// (spec/privacy.md, section 5).</summary>
internal static class ThirdHopCommand
{
    /// <summary>Makes it.</summary>
    /// <param name="seed">The option that all commands share.</param>
    internal static Command Create(Option<ulong> seed)
    {
        ThirdHopSetting usual = new();
        Option<int> stores = new("--stores") { Description = "Stores.", DefaultValueFactory = _ => usual.Stores };
        Option<long> bytes = new("--bytes")
        {
            Description = "Length of every object.",
            DefaultValueFactory = _ => usual.Bytes,
        };
        Option<int> fetches = new("--fetches")
        {
            Description = "Fetches, every other one of an object that the observer does not know.",
            DefaultValueFactory = _ => usual.Fetches,
        };
        Option<int> keys = new("--keys")
        {
            Description = "Public keys that the observer knows.",
            DefaultValueFactory = _ => usual.KnownKeys,
        };
        Option<bool> modelled = new("--modelled")
        {
            Description = "Model the requests of the fetches instead of playing them.",
        };
        Option<int> ends = new("--ends")
        {
            Description = "Stores of one trunk at most; only with --modelled.",
            DefaultValueFactory = _ => usual.MaxEnds,
        };
        Command command = new(
            "third-hop",
            "Fetches objects and lets the third hop of each trunk, which knows 1,000 public keys, name the object.")
        {
            seed, stores, bytes, fetches, keys, modelled, ends,
        };
        command.SetAction((parsed, _) =>
        {
            var setting = usual with
            {
                Stores = parsed.GetValue(stores),
                Bytes = parsed.GetValue(bytes),
                Fetches = parsed.GetValue(fetches),
                KnownKeys = parsed.GetValue(keys),
                IsPlayed = !parsed.GetValue(modelled),
                MaxEnds = parsed.GetValue(ends),
            };
            Write(setting, ThirdHopExperiment.Run(parsed.GetValue(seed), setting));
            return Task.FromResult(0);
        });
        return command;
    }

    private static void Write(ThirdHopSetting setting, ThirdHopReport report)
    {
        var how = report.IsPlayed ? "played" : $"modelled, {setting.MaxEnds} stores a trunk at most";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{setting.Stores} stores, objects of {setting.Bytes} bytes, {setting.KnownKeys} keys known ({how}): "
            + $"{report.Trunks} trunks with {report.StoresPerTrunk:F1} stores each"));
        Console.WriteLine($"  closed world: first guess right {Text(report.First)}, in five {Text(report.FirstFive)}");
        Console.WriteLine($"  open world: precision {Text(report.Precision)}, recall {Text(report.Recall)}");
    }

    private static string Text(Share share) => string.Create(
        CultureInfo.InvariantCulture,
        $"{100 * share.Value:F1} % ({100 * share.Low:F1} to {100 * share.High:F1})");
}

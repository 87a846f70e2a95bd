using System.Text.Json;
using Veil.Simulation.Scenarios;

namespace Veil.Tools.Simulate;

/// <summary>Writes one line a seed: an object of the contract with --json, else words.</summary>
internal sealed class ResultWriter(TextWriter output, TextWriter messages, bool isJson)
{
    private const int HashDigitsForPeople = 16;

    /// <summary>Writes what came of one seed; a violation also says how to see it again.</summary>
    internal void Write(Scenario scenario, int nodes, ScenarioResult result)
    {
        output.WriteLine(isJson ? ToJson(result) : ToWords(result));
        output.Flush();
        if (result.Violation is null)
            return;
        foreach (var happened in result.Tail)
            messages.WriteLine($"  {happened}");
        messages.WriteLine($"violation: {result.Violation}");
        messages.WriteLine($"again: tools/simulate --scenario {scenario.Name} --nodes {nodes} --seed {result.Seed}");
    }

    private static string ToJson(ScenarioResult result)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("seed", result.Seed);
            json.WriteString("trace_hash", result.TraceHash);
            json.WriteNumber("steps", result.Steps);
            json.WriteNumber("virtual_seconds", Math.Round(result.VirtualTime.TotalSeconds, 6));
            json.WriteNumber("real_seconds", Math.Round(result.RealTime.TotalSeconds, 6));
            json.WriteString("violation", result.Violation);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static string ToWords(ScenarioResult result)
    {
        var verdict = result.Violation is null ? "ok" : "VIOLATION";
        var rate = result.Steps / Math.Max(result.RealTime.TotalSeconds, 1e-6);
        return $"seed {result.Seed}: {verdict}, trace {result.TraceHash[..HashDigitsForPeople]}, {result.Steps} steps, "
            + $"{result.VirtualTime.TotalSeconds:F3} virtual s in {result.RealTime.TotalSeconds:F3} s "
            + $"({rate:F0} steps/s)";
    }
}

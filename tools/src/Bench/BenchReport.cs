using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Veil.Bench;

/// <summary>The one object that <c>tools/bench NAME --json</c> prints.</summary>
/// <param name="Bench">The bench's name.</param>
/// <param name="Results">What was measured.</param>
/// <param name="RawMiBPerSecond">The raw loopback copy of the same run, median.</param>
/// <param name="Ratio">The bench's rate divided by the raw one.</param>
/// <param name="ProcessorSecondsPerGiB">Processor seconds a GiB, by process; median of the samples.</param>
/// <param name="ResidentMiB">Highest resident set in MiB, by process.</param>
internal sealed record BenchReport(
    [property: JsonPropertyName("bench")] string Bench,
    [property: JsonPropertyName("results")] IReadOnlyList<Measurement> Results,
    [property: JsonPropertyName("raw_mib_s")] double RawMiBPerSecond,
    [property: JsonPropertyName("ratio")] double Ratio,
    [property: JsonPropertyName("cpu_s_per_gib")] IReadOnlyDictionary<string, double> ProcessorSecondsPerGiB,
    [property: JsonPropertyName("rss_mib")] IReadOnlyDictionary<string, double> ResidentMiB)
{
    private const int MaxShown = 12;

    /// <summary>Processor, cores, memory, system and runtime.</summary>
    [JsonPropertyName("machine")]
    public string Machine { get; } = MachineDescription.Read();

    /// <summary>UTC, ISO 8601.</summary>
    [JsonPropertyName("date")]
    public string Date { get; } =
        TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    internal string ToJson() => JsonSerializer.Serialize(this);

    internal void WriteTo(TextWriter output)
    {
        output.WriteLine($"{Bench}  {Machine}  {Date}");
        foreach (var result in Results)
        {
            // The report for programs has all of them.
            var samples = result.Samples.Count > MaxShown
                ? $"{result.Samples.Count} samples"
                : string.Join(' ', result.Samples.Select(sample => $"{sample:0.##}"));
            output.WriteLine($"  {result.Metric,-26} {result.Value,10:0.##} {result.Unit,-12} of {samples}");
        }

        output.WriteLine($"  {"raw",-26} {RawMiBPerSecond,10:0.##} MiB/s");
        output.WriteLine($"  {"ratio to raw",-26} {Ratio,10:0.###}");
        foreach (var process in ProcessorSecondsPerGiB.Keys.Union(ResidentMiB.Keys))
        {
            var cost = ProcessorSecondsPerGiB.TryGetValue(process, out var seconds)
                ? $"{seconds,10:0.###} CPU s/GiB"
                : $"{"",20}";
            var resident = ResidentMiB.TryGetValue(process, out var size) ? $"{size:0.#} MiB resident" : "";
            output.WriteLine($"  {process,-26} {cost}  {resident}".TrimEnd());
        }
    }
}

/// <summary>One figure: the median of its samples.</summary>
/// <param name="Metric">What.</param>
/// <param name="Unit">In what.</param>
/// <param name="Samples">In the order they were taken.</param>
internal sealed record Measurement(
    [property: JsonPropertyName("metric")] string Metric,
    [property: JsonPropertyName("unit")] string Unit,
    [property: JsonPropertyName("samples")] IReadOnlyList<double> Samples)
{
    /// <summary>The median.</summary>
    [JsonPropertyName("value")]
    public double Value { get; } = MedianOf(Samples);

    internal static double MedianOf(IEnumerable<double> samples)
    {
        var sorted = samples.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The smallest sample that so many percent of all do not exceed.</summary>
    internal static double PercentileOf(IReadOnlyCollection<double> samples, int percent) =>
        samples.Order().ElementAt((int)Math.Ceiling(samples.Count * percent / 100.0) - 1);
}

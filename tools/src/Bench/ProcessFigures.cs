using System.Diagnostics;
using System.Text.Json;
using Veil.Node.Measure;

namespace Veil.Bench;

/// <summary>What one process of a copy measured about itself.</summary>
/// <param name="MiBPerSecond">Rate of the measured part.</param>
/// <param name="ProcessorSecondsPerGiB">User and system time for each GiB of it.</param>
/// <param name="ResidentMiB">Highest resident set.</param>
internal sealed record ProcessFigures(double MiBPerSecond, double ProcessorSecondsPerGiB, double ResidentMiB)
{
    /// <summary>Says the figures to the parent, as one line.</summary>
    internal static void Say(RawCopyResult copy)
    {
        using var self = Process.GetCurrentProcess();
        var figures = new ProcessFigures(
            copy.MebibytesPerSecond,
            copy.ProcessorSecondsPerGibibyte,
            self.PeakWorkingSet64 / 1048576.0);
        Console.WriteLine(JsonSerializer.Serialize(figures));
    }
}

namespace Veil.Node.Measure;

/// <summary>One process's half of a raw copy.</summary>
/// <param name="Bytes">Bytes copied while measuring.</param>
/// <param name="Elapsed">Wall time between the first and the last of them.</param>
/// <param name="Processor">User and system time that this process spent meanwhile.</param>
public sealed record RawCopyResult(long Bytes, TimeSpan Elapsed, TimeSpan Processor)
{
    /// <summary>MiB per second.</summary>
    public double MebibytesPerSecond => Bytes / 1048576.0 / Elapsed.TotalSeconds;

    /// <summary>Seconds of processor time for each GiB.</summary>
    public double ProcessorSecondsPerGibibyte => Processor.TotalSeconds / (Bytes / 1073741824.0);
}

namespace Veil.Circuits.Flow;

/// <summary>The clock by which cells are counted (<see cref="Recent{T}"/>).</summary>
internal static class Beat
{
    private const int PerSecond = 10;

    /// <summary>The present tenth of a second, counted from anywhere; wraps around.</summary>
    internal static int Of(TimeProvider time) =>
        unchecked((int)(time.GetTimestamp() / (time.TimestampFrequency / PerSecond)));
}

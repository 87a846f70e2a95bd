using Veil.Wire;

namespace Veil.Circuits;

/// <summary>Counts endings by reason, for status and metrics: coarse numbers, no ids.</summary>
public sealed class CloseCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<CloseReason>().Length];

    /// <summary>Counts one ending. Any thread.</summary>
    public void Count(CloseReason reason) => Interlocked.Increment(ref _counts[(int)reason]);

    /// <summary>Endings so far with that reason.</summary>
    public long this[CloseReason reason] => Interlocked.Read(ref _counts[(int)reason]);
}

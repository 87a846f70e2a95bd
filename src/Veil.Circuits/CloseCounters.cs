using System.Text.Json;
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

    /// <summary>The reasons that occurred, in lower case with underscores, and how often: the last part of
    /// <c>link.closed.&lt;reason&gt;</c> and <c>circuit.closed.&lt;reason&gt;</c>.</summary>
    public IReadOnlyDictionary<string, long> Snapshot()
    {
        var seen = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var reason in Enum.GetValues<CloseReason>())
        {
            if (this[reason] is > 0 and var count)
            {
                seen.Add(JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString()), count);
            }
        }

        return seen;
    }
}

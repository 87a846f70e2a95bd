using System.Text.Json;
using Veil.Wire.Exits;

namespace Veil.Node.Exits;

/// <summary>What an exit answered, and what is open. Any thread.</summary>
public sealed class ExitCounters
{
    private readonly long[] _answers = new long[(int)Enum.GetValues<ExitAnswer>().Max() + 1];
    private int _open;

    /// <summary>Connections to targets, and attempts at them.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>How often an answer was given.</summary>
    public long this[ExitAnswer answer] => Interlocked.Read(ref _answers[(int)answer]);

    /// <summary>All that are not zero: <c>exit.&lt;answer&gt;</c>.</summary>
    public IEnumerable<KeyValuePair<string, long>> Snapshot() =>
        from answer in Enum.GetValues<ExitAnswer>()
        where this[answer] > 0
        select KeyValuePair.Create(
            $"exit.{JsonNamingPolicy.SnakeCaseLower.ConvertName(answer.ToString())}", this[answer]);

    internal void Count(ExitAnswer answer) => Interlocked.Increment(ref _answers[(int)answer]);

    internal bool TryEnter(int most)
    {
        if (Interlocked.Increment(ref _open) <= most)
        {
            return true;
        }

        Leave();
        return false;
    }

    internal void Leave() => Interlocked.Decrement(ref _open);
}

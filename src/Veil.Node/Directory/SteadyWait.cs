using Veil.Directory.Clocks;
using Veil.Wire.Documents;

namespace Veil.Node.Directory;

/// <summary>
/// Waits for a length of time, but ends early when this machine's clock is set or the machine has slept: what was
/// planned by the clock is then of no use.
/// </summary>
internal sealed class SteadyWait(NetworkDefinition network, TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private readonly TimeSpan _tolerance = ClockWatch.BoundOf(network) / 2;
    private readonly TimeSpan _slice = TimeSpan.FromSeconds(Math.Clamp(network.EpochSeconds / 4.0, 1, 30));

    /// <summary>Waits.</summary>
    /// <param name="wait">How long; nothing or less is as short as possible.</param>
    /// <param name="isOver">Asked between the slices, at most 30 s long; true ends the wait.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if the clock was set meanwhile.</returns>
    internal async Task<bool> ForAsync(TimeSpan wait, Func<bool>? isOver, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        var wall = time.GetUtcNow();
        while (true)
        {
            var rest = wait - time.GetElapsedTime(start);
            var next = rest < _slice ? rest : _slice;
            await Task.Delay(next > Shortest ? next : Shortest, time, cancellationToken);
            var elapsed = time.GetElapsedTime(start);
            if ((time.GetUtcNow() - wall - elapsed).Duration() > _tolerance)
            {
                return false;
            }

            if (elapsed >= wait || isOver?.Invoke() == true)
            {
                return true;
            }
        }
    }
}

using Veil.Content.Edge;
using Veil.Links.Tasks;
using Veil.Wire.Seams;

namespace Veil.Node.Stores;

/// <summary>
/// Hands things over in an order of its own, a few at once and no faster than is allowed (spec/store.md, section 12).
/// One call at a time.
/// </summary>
internal sealed class PacedHandOver(DrainOptions options, TimeProvider time, DecisionSource decisions)
{
    private readonly Turnstile _underWay = new(options.InFlight);
    private DateTimeOffset _nextStart;

    /// <summary>Offers each of them over one of the drain's groups.</summary>
    /// <param name="items">What is handed over.</param>
    /// <param name="bytes">Length of each.</param>
    /// <param name="offer">True when another store has it, false when none took it, null when it had gone.</param>
    /// <param name="cancellationToken">Gives up; what is under way has ended when this has.</param>
    /// <returns>Each of them, and what the offer came to.</returns>
    internal async Task<IReadOnlyList<(T Item, bool? IsHanded)>> RunAsync<T>(
        IEnumerable<T> items,
        int bytes,
        Func<T, IsolationGroup, Task<bool?>> offer,
        CancellationToken cancellationToken)
    {
        T[] order = [.. items];
        decisions.Shuffle<T>(order);
        var tasks = new List<Task<bool?>>(order.Length);
        try
        {
            foreach (var item in order)
            {
                await _underWay.EnterAsync(cancellationToken);
                tasks.Add(OfferAsync(() => offer(item, HandOver.ChooseGroup(decisions))));
                await PaceAsync(bytes, cancellationToken);
            }
        }
        finally
        {
            await Task.WhenAll(tasks);
        }

        return [.. order.Select((item, index) => (item, tasks[index].Result))];
    }

    private async Task<bool?> OfferAsync(Func<Task<bool?>> offer)
    {
        try
        {
            return await offer();
        }
        catch (OperationCanceledException)
        {
            // Whoever cancelled waits for the others, and then finds out by itself.
            return false;
        }
        finally
        {
            _underWay.Leave();
        }
    }

    private async Task PaceAsync(int bytes, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        _nextStart = (_nextStart > now ? _nextStart : now) + TimeSpan.FromSeconds((double)bytes / options.Rate);
        if (_nextStart > now)
        {
            await Task.Delay(_nextStart - now, time, cancellationToken);
        }
    }
}

using Veil.Links.Tasks;
using Veil.Wire.Stamps;

namespace Veil.Content.Stores;

/// <summary>
/// Finds stamps, one at a time for the whole node and in short pieces between which others run: it never takes more
/// than one core, nor a thread that waits for sockets (spec/stamp.md, section 4). Safe for concurrent use.
/// </summary>
internal sealed class StampMint
{
    // A millisecond or less.
    private const int HashesAtOnce = 8192;

    private readonly Turnstile _turn = new(1);

    /// <summary>Searches until it is found or given up.</summary>
    /// <param name="terms">What the stamp is for.</param>
    /// <param name="work">Hashes that it takes on average; 0 and 1 take none.</param>
    /// <param name="cancellationToken">Gives up after the piece that runs.</param>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    internal async ValueTask<Stamp> FindAsync(StampTerms terms, ulong work, CancellationToken cancellationToken)
    {
        if (work <= 1)
        {
            return Stamp.None;
        }

        await _turn.EnterAsync(cancellationToken);
        try
        {
            var search = new StampSearch(terms, work);
            while (true)
            {
                // To the end of the scheduler's queue, which in the product is the pool's.
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                if (search.TryFind(HashesAtOnce, out var stamp))
                {
                    return stamp;
                }
            }
        }
        finally
        {
            _turn.Leave();
        }
    }
}

using Veil.Content.Edge;
using Veil.Content.Stripes;
using Veil.Wire;

namespace Veil.Content.Fetching;

/// <summary>Fetches blocks that are kept in copies (spec/stripe.md, section 5). Safe for concurrent use.</summary>
internal sealed class CopyFetcher(FetchContext context)
{
    /// <summary>The same of a part of something that was found: that it is on no store does not make that
    /// unknown.</summary>
    /// <param name="reference">The block wanted.</param>
    /// <param name="missing">What to say where no store has it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ContentUnavailableException"><see cref="ContentFault.TooFewShares"/>.</exception>
    public async Task<byte[]> FetchPartAsync(
        BlockRef reference,
        string missing,
        CancellationToken cancellationToken)
    {
        try
        {
            return await FetchAsync(reference, cancellationToken);
        }
        catch (ContentUnavailableException fault) when (fault.Fault == ContentFault.NotFound)
        {
            throw new ContentUnavailableException(ContentFault.TooFewShares, missing);
        }
    }

    /// <summary>The block in a pooled buffer that belongs to the caller.</summary>
    /// <exception cref="ContentUnavailableException">
    /// <see cref="ContentFault.NotFound"/> where every store that was asked answered so;
    /// <see cref="ContentFault.TooFewShares"/> where some could not be asked.
    /// </exception>
    public async Task<byte[]> FetchAsync(BlockRef reference, CancellationToken cancellationToken)
    {
        var ring = context.Network.Ring;
        if (ring.Count == 0)
        {
            throw new ContentUnavailableException(ContentFault.TooFewShares, "the network has no stores");
        }

        // The places of the copies in random order, so that no store gets all first requests; then the others in turn.
        var places = Placement.OfCopies(ring, reference);
        context.Decisions.Shuffle<RelayId>(places);
        var others = Placement.Alternatives(ring, reference).Skip(places.Length);
        var attempts = places.Concat(others)
            .Take(context.Options.MaxStoresPerCopy)
            .OrderBy(store => context.Health.IsSuspect(store))
            .Select(store => new ShareAttempt(0, reference, store));
        ShareRace race = new(context, needed: 1, attempts, more: null);
        var obtained = await race.RunAsync(cancellationToken);
        if (obtained.TryGetValue(0, out var block)) return block;
        throw race.OnlyNotFound
            ? new ContentUnavailableException(ContentFault.NotFound, "no store has the block")
            : new ContentUnavailableException(ContentFault.TooFewShares, "stores that may have it do not answer");
    }
}

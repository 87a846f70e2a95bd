using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Manifests;
using Veil.Content.Stripes;
using Veil.Wire;

namespace Veil.Content.Fetching;

/// <summary>
/// Fetches whole stripes: data shares first, parity where they fail or are slow, then further stores
/// (spec/stripe.md, section 7); reconstructs, checks and decrypts. Safe for concurrent use.
/// </summary>
internal sealed class StripeFetcher(
    FetchContext context,
    ErisTree tree,
    StripeMapReader map,
    StripePlan plan,
    OpeningStripe? opening)
{
    /// <summary>The plaintext of the stripe's leaves, padding included.</summary>
    /// <exception cref="ContentUnavailableException">Too few shares can be had, or they do not verify.</exception>
    public async Task<DecodedStripe> FetchAsync(long stripe, CancellationToken cancellationToken)
    {
        var shape = plan.ShapeOf(stripe);
        var pairs = opening?.Index == stripe
            ? opening.Leaves.ToArray()
            : await tree.GetLeavesAsync(
                stripe * ReedSolomon.MaxDataShares, shape.DataShares, cancellationToken);
        BlockRef[] data = [.. pairs.Select(pair => pair.Reference)];
        var ring = context.Network.Ring;
        if (ring.Count == 0)
        {
            throw new ContentUnavailableException(ContentFault.TooFewShares, "the network has no stores");
        }

        var places = Placement.OfStripe(ring, data, shape.TotalShares);
        var attempts = Shuffled(Enumerable.Range(0, shape.DataShares))
            .Select(share => new ShareAttempt(share, data[share], places[share]))
            .ToArray();
        var good = attempts.Where(attempt => !context.Health.IsSuspect(attempt.Store)).ToArray();
        ShareRace race = new(
            context,
            shape.DataShares,
            good,
            token => MoreAsync(stripe, data, attempts.Except(good), token));
        var shares = await race.RunAsync(cancellationToken);
        if (shares.Count < shape.DataShares)
        {
            foreach (var block in shares.Values) context.Pool.Return(block);
            throw new ContentUnavailableException(
                ContentFault.TooFewShares,
                $"{shares.Count} shares of a stripe can be had and {shape.DataShares} are needed");
        }

        return Decode(pairs, shares);
    }

    // Parity where it was placed; then the data shares of stores that are asked last; then other stores for all.
    private async Task<IReadOnlyList<ShareAttempt>> MoreAsync(
        long stripe,
        BlockRef[] data,
        IEnumerable<ShareAttempt> suspects,
        CancellationToken cancellationToken)
    {
        var references = data;
        try
        {
            references = opening?.Index == stripe
                ? opening.References.ToArray()
                : await map.GetSharesAsync(stripe, cancellationToken);

            // A map that contradicts the tree is of no use; the data shares may still be had elsewhere.
            if (!references.AsSpan().StartsWith(data)) references = data;
        }
        catch (ContentUnavailableException)
        {
            // Without the map there is no parity; what the data shares lack is told by the race.
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return [];
        }

        var ring = context.Network.Ring;
        var total = plan.ShapeOf(stripe).TotalShares;
        var places = Placement.OfStripe(ring, references, total);
        var parity = Shuffled(Enumerable.Range(data.Length, references.Length - data.Length))
            .Select(share => new ShareAttempt(share, references[share], places[share]))
            .OrderBy(attempt => context.Health.IsSuspect(attempt.Store));
        List<ShareAttempt> attempts = [.. parity, .. suspects];
        var others = references
            .Select((reference, share) => Placement.Alternatives(ring, reference)
                .Where(store => store != places[share])
                .Take(context.Options.MaxStoresPerShare - 1)
                .ToArray())
            .ToArray();
        for (var round = 0; round < context.Options.MaxStoresPerShare - 1; round++)
        {
            attempts.AddRange(Shuffled(Enumerable.Range(0, references.Length))
                .Where(share => round < others[share].Length)
                .Select(share => new ShareAttempt(share, references[share], others[share][round])));
        }

        return attempts;
    }

    private DecodedStripe Decode(ErisPair[] pairs, Dictionary<int, byte[]> shares)
    {
        int[] missing = [.. Enumerable.Range(0, pairs.Length).Where(share => !shares.ContainsKey(share))];
        if (missing.Length > 0)
        {
            var rebuilt = ShareRebuild.Run(shares, missing, pairs.Length, context.Pool);
            foreach (var (share, block) in rebuilt) shares[share] = block;
        }

        var leaves = new byte[pairs.Length][];
        for (var leaf = 0; leaf < leaves.Length; leaf++)
        {
            if (missing.Contains(leaf) && BlockRef.Of(shares[leaf]) != pairs[leaf].Reference)
            {
                throw ErisTree.Broken("a reconstructed share is not what it should be");
            }

            // In its place: the buffer is this object's until the stripe is given back.
            shares.Remove(leaf, out var block);
            ErisCipher.Transform(block, block, pairs[leaf].Key, 0);
            leaves[leaf] = block!;
        }

        foreach (var block in shares.Values) context.Pool.Return(block);
        return new DecodedStripe(leaves, context.Pool);
    }

    private int[] Shuffled(IEnumerable<int> shares)
    {
        int[] order = [.. shares];
        context.Decisions.Shuffle<int>(order);
        return order;
    }
}

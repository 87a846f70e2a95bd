using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Stripes;
using Veil.Wire;

namespace Veil.Content.Fetching;

/// <summary>
/// Takes single stripes out of a stripe map (spec/stripe.md, section 3) without fetching the rest of it. Keeps a few
/// leaves. Safe for concurrent use.
/// </summary>
internal sealed class StripeMapReader : IAsyncDisposable
{
    // A leaf covers 21 stripes of full parity; neighbours in the window share one or two.
    private const int MaxLeavesInMemory = 4;

    private readonly StripePlan _plan;
    private readonly ErisTree _tree;
    private readonly SharedWork<long, byte[]> _leaves;

    /// <summary>Starts with nothing fetched.</summary>
    /// <exception cref="ContentUnavailableException">
    /// The capability's level is not that of a map of this file.
    /// </exception>
    public StripeMapReader(ReadCapability capability, StripePlan plan, CopyFetcher fetcher, FetchContext context)
    {
        _plan = plan;
        _tree = new ErisTree(
            capability,
            ErisLayout.LeafCount(StripeMapLayout.Length(plan)),
            fetcher,
            context);
        _leaves = new(MaxLeavesInMemory, _tree.FetchLeafAsync);
    }

    /// <summary>References of a stripe's shares, data first.</summary>
    /// <exception cref="ContentUnavailableException">The map cannot be had or is not this file's.</exception>
    public async Task<BlockRef[]> GetSharesAsync(long stripe, CancellationToken cancellationToken)
    {
        var header = new byte[StripeMapLayout.HeaderBytes];
        await ReadAsync(0, header, cancellationToken);
        if (!StripeMapLayout.TryReadHeader(header, out var plan) || plan != _plan)
        {
            throw ErisTree.Broken("the stripe map is not this file's");
        }

        var references = new BlockRef[_plan.ShapeOf(stripe).TotalShares];
        var bytes = new byte[references.Length * Bytes32.Size];
        await ReadAsync(StripeMapLayout.StripeOffset(_plan, stripe), bytes, cancellationToken);
        for (var share = 0; share < references.Length; share++)
        {
            references[share] = new BlockRef(new Bytes32(bytes.AsSpan(share * Bytes32.Size, Bytes32.Size)));
        }

        return references;
    }

    /// <summary>Reference of an inner node of the data, in the order in which they were complete.</summary>
    /// <exception cref="ContentUnavailableException">The map cannot be had.</exception>
    public async Task<BlockRef> GetInnerNodeAsync(long index, CancellationToken cancellationToken)
    {
        var bytes = new byte[Bytes32.Size];
        await ReadAsync(
            StripeMapLayout.InnerOffset(_plan) + (index * Bytes32.Size), bytes, cancellationToken);
        return new BlockRef(new Bytes32(bytes));
    }

    /// <summary>Stops what runs and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _leaves.DisposeAsync();
        await _tree.DisposeAsync();
    }

    private async Task ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (!destination.IsEmpty)
        {
            var leaf = await _leaves.GetAsync(offset / ErisLayout.BlockBytes, cancellationToken);
            var start = (int)(offset % ErisLayout.BlockBytes);
            var take = Math.Min(destination.Length, ErisLayout.BlockBytes - start);
            leaf.AsMemory(start, take).CopyTo(destination);
            destination = destination[take..];
            offset += take;
        }
    }
}

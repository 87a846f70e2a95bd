using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Fetching;
using Veil.Content.Stripes;
using Veil.Wire;

namespace Veil.Content.Keeping;

/// <summary>
/// The references of one object, as they are needed (spec/stripe.md, section 3): of stripes, of inner nodes, and of the
/// stripe map's own blocks. Keeps a few blocks of the map in memory, whatever its length. Safe for concurrent use.
/// </summary>
internal sealed class RepairMap : IAsyncDisposable
{
    private readonly ReadCapability _capability;
    private readonly StripeMapReader _reader;
    private readonly ErisTree _tree;
    private readonly long _mapLeaves;

    private RepairMap(ReadCapability capability, StripePlan plan, CopyFetcher copies, FetchContext context)
    {
        _capability = capability;
        Plan = plan;
        _mapLeaves = ErisLayout.LeafCount(StripeMapLayout.Length(plan));
        _tree = new ErisTree(capability, _mapLeaves, copies, context);
        _reader = new StripeMapReader(capability, plan, copies, context);
    }

    /// <summary>Leaves of the data and their parity.</summary>
    public StripePlan Plan { get; }

    /// <summary>Number of inner nodes of the data.</summary>
    public long InnerCount => ErisLayout.InnerCount(Plan.Leaves);

    /// <summary>Fetches what tells how long the map is.</summary>
    /// <exception cref="ContentUnavailableException">It cannot be had, or is none.</exception>
    public static async Task<RepairMap> OpenAsync(
        ReadCapability capability,
        FetchContext context,
        CancellationToken cancellationToken)
    {
        // The shape follows from the header, and the header is in the first leaf: down the left edge, unchecked shape
        // and all; the tree checks it afterwards.
        CopyFetcher copies = new(context);
        ErisPair pair = new(capability.RootReference, capability.RootKey);
        var plaintext = new byte[ErisLayout.BlockBytes];
        for (int level = capability.Level; level >= 0; level--)
        {
            var block = level == capability.Level
                ? await copies.FetchAsync(pair.Reference, cancellationToken)
                : await copies.FetchPartAsync(
                    pair.Reference, "a part of the stripe map is on no store", cancellationToken);
            ErisCipher.Transform(block, plaintext, pair.Key, (byte)level);
            context.Pool.Return(block);
            if (level > 0) pair = ErisNode.Read(plaintext, 0);
        }

        return StripeMapLayout.TryReadHeader(plaintext, out var plan)
            ? new RepairMap(capability, plan, copies, context)
            : throw ErisTree.Broken("the repair key does not open a stripe map");
    }

    /// <summary>References of a stripe's shares, data first.</summary>
    public Task<BlockRef[]> GetSharesAsync(long stripe, CancellationToken cancellationToken) =>
        _reader.GetSharesAsync(stripe, cancellationToken);

    /// <summary>Reference of an inner node of the data.</summary>
    public Task<BlockRef> GetInnerNodeAsync(long index, CancellationToken cancellationToken) =>
        _reader.GetInnerNodeAsync(index, cancellationToken);

    /// <summary>The map's own blocks, by level and place.</summary>
    public IEnumerable<(int Level, long Index)> OwnBlocks()
    {
        for (var level = 0; level <= _capability.Level; level++)
        {
            var count = ErisLayout.NodeCount(_mapLeaves, level);
            for (long index = 0; index < count; index++) yield return (level, index);
        }
    }

    /// <summary>Reference of one of them.</summary>
    public Task<BlockRef> GetOwnBlockAsync(int level, long index, CancellationToken cancellationToken) =>
        _tree.GetReferenceAsync(level, index, cancellationToken);

    /// <summary>Stops what runs and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _tree.DisposeAsync();
    }
}

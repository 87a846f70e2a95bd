using System.Diagnostics;
using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Manifests;
using Veil.Wire;

namespace Veil.Content.Fetching;

/// <summary>
/// The inner nodes of one object of known length: finds the pairs of any leaves, fetching and checking a node when it
/// is first needed (spec/block.md, sections 4 and 5). Keeps a bounded number of nodes. Safe for concurrent use.
/// </summary>
internal sealed class ErisTree : IAsyncDisposable
{
    private readonly ReadCapability _capability;
    private readonly long _leafCount;
    private readonly CopyFetcher _fetcher;
    private readonly FetchContext _context;
    private readonly OpeningStripe? _opening;
    private readonly SharedWork<(int Level, long Index), byte[]> _nodes;

    /// <summary>Starts with nothing fetched.</summary>
    /// <param name="capability">Of the object.</param>
    /// <param name="leafCount">Its leaves.</param>
    /// <param name="fetcher">Fetches blocks in copies.</param>
    /// <param name="context">Of the object.</param>
    /// <param name="opening">What its manifest says of leaves, with which the tree has to agree.</param>
    /// <exception cref="ContentUnavailableException">The capability's level is not that of the length.</exception>
    public ErisTree(
        ReadCapability capability,
        long leafCount,
        CopyFetcher fetcher,
        FetchContext context,
        OpeningStripe? opening = null)
    {
        if (capability.Level != ErisLayout.RootLevel(leafCount))
        {
            throw Broken("the root's level does not fit the length");
        }

        _capability = capability;
        _leafCount = leafCount;
        _fetcher = fetcher;
        _context = context;
        _opening = opening;
        _nodes = new(context.Options.MaxNodesInMemory, FetchNodeAsync);
    }

    /// <summary>
    /// The pairs of <paramref name="count"/> leaves from <paramref name="first"/>, all under one node.
    /// </summary>
    /// <exception cref="ContentUnavailableException">A node cannot be had or does not verify.</exception>
    public async Task<ErisPair[]> GetLeavesAsync(long first, int count, CancellationToken cancellationToken)
    {
        Debug.Assert(first / ErisLayout.Arity == (first + count - 1) / ErisLayout.Arity, "one node");
        if (_capability.Level == 0) return [Root];
        var node = await _nodes.GetAsync((1, first / ErisLayout.Arity), cancellationToken);
        var pairs = new ErisPair[count];
        for (var index = 0; index < count; index++)
        {
            pairs[index] = ErisNode.Read(node, (int)(first % ErisLayout.Arity) + index);
        }

        return pairs;
    }

    /// <summary>The plaintext of one leaf that is kept in copies, padding included, in an array of its own.</summary>
    /// <exception cref="ContentUnavailableException">The leaf cannot be had.</exception>
    public async Task<byte[]> FetchLeafAsync(long leaf, CancellationToken cancellationToken)
    {
        var pairs = await GetLeavesAsync(leaf, 1, cancellationToken);
        return await FetchPlaintextAsync(pairs[0], 0, cancellationToken);
    }

    /// <summary>The reference of any block of the object, leaves at level 0.</summary>
    /// <exception cref="ContentUnavailableException">A node above it cannot be had or does not verify.</exception>
    public async Task<BlockRef> GetReferenceAsync(int level, long index, CancellationToken cancellationToken)
    {
        if (level == _capability.Level) return _capability.RootReference;
        var parent = await _nodes.GetAsync((level + 1, index / ErisLayout.Arity), cancellationToken);
        return ErisNode.Read(parent, (int)(index % ErisLayout.Arity)).Reference;
    }

    /// <summary>Stops what runs and waits for it.</summary>
    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    /// <summary>What does not verify.</summary>
    public static ContentUnavailableException Broken(string message) =>
        new(ContentFault.VerificationFailed, message);

    private ErisPair Root => new(_capability.RootReference, _capability.RootKey);

    private async Task<byte[]> FetchNodeAsync((int Level, long Index) key, CancellationToken cancellationToken)
    {
        var pair = Root;
        if (key.Level < _capability.Level)
        {
            var parent = await _nodes.GetAsync((key.Level + 1, key.Index / ErisLayout.Arity), cancellationToken);
            pair = ErisNode.Read(parent, (int)(key.Index % ErisLayout.Arity));
        }

        var node = await FetchPlaintextAsync(pair, (byte)key.Level, cancellationToken);
        var below = ErisLayout.NodeCount(_leafCount, key.Level - 1);
        var expected = Math.Min(ErisLayout.Arity, below - (key.Index * ErisLayout.Arity));
        if (ErisCipher.NodeKey(node) != pair.Key) throw Broken("an inner node does not verify");
        if (!ErisNode.TryCount(node, out var count) || count != expected)
        {
            throw Broken("an inner node breaks its layout");
        }

        var isAbove = key.Level == 1 && key.Index == _opening?.FirstLeaf / ErisLayout.Arity;
        if (isAbove && !_opening!.Agrees(node)) throw Broken("the manifest contradicts the tree");

        return node;
    }

    private async Task<byte[]> FetchPlaintextAsync(ErisPair pair, byte level, CancellationToken cancellationToken)
    {
        var block = await _fetcher.FetchPartAsync(
            pair.Reference, "an inner block is on no store", cancellationToken);
        var plaintext = new byte[ErisLayout.BlockBytes];
        ErisCipher.Transform(block, plaintext, pair.Key, level);
        _context.Pool.Return(block);
        return plaintext;
    }
}

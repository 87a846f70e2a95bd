using Veil.Content.Edge;
using Veil.Directory.Ring;
using Veil.Wire;

namespace Veil.Simulation.Privacy.Watching;

/// <summary>A node's way to the stores that also writes down which blocks went there: what belongs together, as whoever
/// has the key knows it.</summary>
internal sealed class NotedBlocks(IBlockNetwork inner) : IBlockNetwork
{
    private readonly HashSet<BlockRef> _references = [];

    /// <summary>All blocks that were to be stored, in order.</summary>
    internal IEnumerable<BlockRef> References => _references.Order();

    public StoreRing Ring => inner.Ring;

    public ValueTask<StoreOutcome> StoreAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        CancellationToken cancellationToken)
    {
        _references.Add(reference);
        return inner.StoreAsync(group, store, reference, block, cancellationToken);
    }

    public ValueTask<StoreOutcome> FetchAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        Memory<byte> destination,
        CancellationToken cancellationToken) =>
        inner.FetchAsync(group, store, reference, destination, cancellationToken);
}

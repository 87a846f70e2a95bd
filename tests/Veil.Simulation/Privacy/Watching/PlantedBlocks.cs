using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Publishing;
using Veil.Content.Stripes;
using Veil.Directory.Ring;
using Veil.Simulation.Kernel;
using Veil.Storage.Blocks;
using Veil.Wire;
using Veil.Wire.Store;

namespace Veil.Simulation.Privacy.Watching;

/// <summary>Puts what the product's publisher makes into the stores without the network: what is measured is the
/// fetch.</summary>
internal sealed class PlantedBlocks(WatchedNetwork network, StoreRing ring, SimulatedHost host) : IBlockNetwork
{
    private readonly Dictionary<RelayId, IBlockStore> _stores = network.Stores
        .ToDictionary(store => store.Node.Relay!.Value, store => (IBlockStore)store.Blocks);

    private readonly Dictionary<BlockRef, byte[]> _blocks = [];

    public StoreRing Ring => ring;

    /// <summary>Publishes an object and reads its stripe map.</summary>
    internal async Task<(Publication Publication, StripeMap Map)> PublishAsync(byte[] file)
    {
        _blocks.Clear();
        Publisher publisher = new(this, host.Secrets, host.Decisions, host.Time);
        using MemoryStream content = new(file);
        var publication = await publisher.PublishAsync(
            new PublishSource(content, file.Length, "object"), new PublishOptions(), null, CancellationToken.None);
        ErisLimits limits = new(ErisLayout.MaxLevel, 1 << 20, 1 << 30);
        var fault = ErisDecoder.Decode(publication.RepairCapability, limits, Find, out var map);
        if (fault == ErisFault.None && StripeMap.TryParse(map.ToArray(), out var parsed) && parsed is not null)
        {
            return (publication, parsed);
        }

        throw new InvalidOperationException($"the stripe map cannot be read: {fault}");
    }

    public async ValueTask<StoreOutcome> StoreAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        CancellationToken cancellationToken)
    {
        _blocks[reference] = block.ToArray();
        await _stores[store].PutAsync(
            reference, block, Lease.ForDays(StoreLayout.MaxLeaseDays, host.Time), cancellationToken);
        return StoreOutcome.Done;
    }

    public ValueTask<StoreOutcome> FetchAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        Memory<byte> destination,
        CancellationToken cancellationToken) => throw new NotSupportedException("nothing is fetched here");

    private bool Find(BlockRef reference, out ReadOnlyMemory<byte> block)
    {
        var isThere = _blocks.TryGetValue(reference, out var bytes);
        block = bytes;
        return isThere;
    }
}

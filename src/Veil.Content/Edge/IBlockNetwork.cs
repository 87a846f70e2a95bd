using Veil.Wire;

namespace Veil.Content.Edge;

/// <summary>How one request to one store ended.</summary>
public enum StoreOutcome
{
    /// <summary>Stored durably, or fetched and verified against its reference.</summary>
    Done,

    /// <summary>The store answered that it does not have the block.</summary>
    NotFound,

    /// <summary>The store refuses new blocks: its quota is used up.</summary>
    Full,

    /// <summary>The store asks for more than this node pays (spec/stamp.md, section 5), or does not take what it asked
    /// for.</summary>
    TooDear,

    /// <summary>The store could not be reached, broke off, was too slow, or sent a block that is not what was
    /// asked.</summary>
    Failed,
}

/// <summary>
/// What content may use to keep the traffic of one purpose apart from all other (spec/circuit.md, section 6):
/// groups never share a trunk.
/// </summary>
/// <param name="Name">Compared by value; never leaves the process.</param>
public readonly record struct IsolationGroup(string Name);

/// <summary>
/// The edge between content and network: one block to or from one store, over a circuit of the group's trunks.
/// In the product: onion circuits; in tests of content: stores in memory.
/// </summary>
public interface IBlockNetwork
{
    /// <summary>The stores of the present consensus.</summary>
    Veil.Directory.Ring.StoreRing Ring { get; }

    /// <summary>Hands a 32 KiB block to a store; completes when the store has it on disk, or cannot.</summary>
    /// <param name="group">Whose trunks to use.</param>
    /// <param name="store">The store to ask.</param>
    /// <param name="reference">The block's reference.</param>
    /// <param name="block">Exactly 32,768 bytes that must stay unchanged until completion.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<StoreOutcome> StoreAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        CancellationToken cancellationToken);

    /// <summary>As <see cref="StoreAsync"/>, for a block that the store is known to have: what a store asks for that is
    /// paid even while it refuses new blocks.</summary>
    ValueTask<StoreOutcome> RenewAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        CancellationToken cancellationToken) => StoreAsync(group, store, reference, block, cancellationToken);

    /// <summary>The same for so many days at least, 1 to 60: for what has a lease already (spec/store.md, section
    /// 12).</summary>
    ValueTask<StoreOutcome> StoreForDaysAsync(
        (IsolationGroup Group, RelayId Store) place,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        ushort days,
        CancellationToken cancellationToken) =>
        StoreAsync(place.Group, place.Store, reference, block, cancellationToken);

    /// <summary>Fetches a block and verifies it against its reference.</summary>
    /// <param name="group">Whose trunks to use.</param>
    /// <param name="store">The store to ask.</param>
    /// <param name="reference">The block wanted.</param>
    /// <param name="destination">Exactly 32,768 bytes, valid only when <see cref="StoreOutcome.Done"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<StoreOutcome> FetchAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        Memory<byte> destination,
        CancellationToken cancellationToken);
}

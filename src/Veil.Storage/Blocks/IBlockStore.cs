using Veil.Wire;

namespace Veil.Storage.Blocks;

/// <summary>How a PUT ended (spec/store.md, section 4).</summary>
public enum PutOutcome
{
    /// <summary>The block is on disk.</summary>
    Stored,

    /// <summary>The block was on disk, intact; its lease ends at the later of both, and that too is on disk.</summary>
    AlreadyStored,

    /// <summary>Nothing was written: the quota or the disk is used up (<see cref="IBlockStore.Trouble"/>).</summary>
    Full,

    /// <summary>Nothing was written: the block's BLAKE2b-256 digest is not the reference.</summary>
    BadReference,
}

/// <summary>
/// The edge between serving and keeping: the blocks of one store. In the product: segment files; in the simulation:
/// memory. Safe for concurrent use.
/// </summary>
public interface IBlockStore : IAsyncDisposable
{
    /// <summary>Blocks that can be read.</summary>
    long BlockCount { get; }

    /// <summary>
    /// What the store takes up, every header and log included; more than <see cref="Quota"/> only after that was
    /// lowered.
    /// </summary>
    long Bytes { get; }

    /// <summary>The most that the store grows to, in bytes.</summary>
    long Quota { get; }

    /// <summary>Why the last new block was not taken, or null when it was.</summary>
    StoreTrouble? Trouble => null;

    /// <summary>
    /// Changes the quota while the store runs, from the next new block on (spec/store.md, section 4). Below what is
    /// used, new blocks are refused; nothing that has a lease goes.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less or more than the store can work with.</exception>
    void SetQuota(long bytes);

    /// <summary>Keeps a block; completes when it and its lease are durable, or cannot be.</summary>
    /// <param name="reference">The block's reference, checked.</param>
    /// <param name="block">Exactly 32,768 bytes that must stay unchanged until completion.</param>
    /// <param name="lease">Until when at least.</param>
    /// <param name="cancellationToken">
    /// Gives up while the request waits for its turn; from then on it completes.
    /// </param>
    /// <exception cref="ArgumentException">The block has another length, or the lease ends at 0.</exception>
    /// <exception cref="StorageException">
    /// The disk failed, or does not let itself be written, for another reason than being full. The store goes on:
    /// the next block is tried anew.
    /// </exception>
    ValueTask<PutOutcome> PutAsync(
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        Lease lease,
        CancellationToken cancellationToken);

    /// <summary>
    /// Reads a block and verifies it; false when it is not here or no longer intact (it is then forgotten, and
    /// counted).
    /// </summary>
    /// <param name="reference">The block wanted.</param>
    /// <param name="destination">Exactly 32,768 bytes, valid only after true.</param>
    /// <param name="cancellationToken">
    /// Gives up while the request waits for its turn; from then on it completes.
    /// </param>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    ValueTask<bool> TryReadAsync(BlockRef reference, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Forgets the blocks whose lease is over at <paramref name="now"/> and frees what can be freed.</summary>
    /// <returns>The number of blocks forgotten.</returns>
    ValueTask<long> ExpireAsync(DateTimeOffset now, CancellationToken cancellationToken);
}

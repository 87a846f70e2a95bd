using Veil.Wire;

namespace Veil.Storage.Blocks;

/// <summary>How a PUT ended (spec/store.md, section 4).</summary>
public enum PutOutcome
{
    /// <summary>The block is on disk.</summary>
    Stored,

    /// <summary>The block was on disk, intact; its lease ends at the later of both, and that too is on disk.</summary>
    AlreadyStored,

    /// <summary>Nothing was written: the quota or the disk is used up.</summary>
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

    /// <summary>What the store takes up, every header and log included; never more than <see cref="Quota"/>.</summary>
    long Bytes { get; }

    /// <summary>The most that the store ever takes up, in bytes.</summary>
    long Quota { get; }

    /// <summary>Keeps a block; completes when it and its lease are durable, or cannot be.</summary>
    /// <param name="reference">The block's reference, checked.</param>
    /// <param name="block">Exactly 32,768 bytes that must stay unchanged until completion.</param>
    /// <param name="lease">Until when at least.</param>
    /// <param name="cancellationToken">
    /// Gives up while the request waits for its turn; from then on it completes.
    /// </param>
    /// <exception cref="ArgumentException">The block has another length, or the lease ends at 0.</exception>
    /// <exception cref="IOException">The disk failed for another reason than being full.</exception>
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

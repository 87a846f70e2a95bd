using Veil.Wire;

namespace Veil.Storage.Segments;

/// <summary>What one step of a scrub found (spec/store.md, section 11).</summary>
/// <param name="Next">Where the next one begins.</param>
/// <param name="Checked">Blocks that were read and compared.</param>
/// <param name="Bad">Blocks that were damaged and taken out of the index.</param>
/// <param name="Ahead">Bytes of segments that are still to be read.</param>
/// <param name="IsEnd">Whether there is nothing behind.</param>
public readonly record struct ScrubStep(StorePosition Next, int Checked, int Bad, long Ahead, bool IsEnd);

/// <summary>Some of a store's blocks, in the order of their places.</summary>
/// <param name="Blocks">References and leases; not more than were asked for.</param>
/// <param name="Next">Where the next part begins.</param>
/// <param name="IsEnd">Whether there is nothing behind.</param>
public sealed record StoredBlocks(IReadOnlyList<StoredBlock> Blocks, StorePosition Next, bool IsEnd);

/// <summary>A block that a store has.</summary>
/// <param name="Reference">Its name.</param>
/// <param name="LeaseEndUnixSeconds">Until when.</param>
public readonly record struct StoredBlock(BlockRef Reference, uint LeaseEndUnixSeconds);

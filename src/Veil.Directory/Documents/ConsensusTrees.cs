using Veil.Directory.Proofs;
using Veil.Wire.Documents;

namespace Veil.Directory.Documents;

/// <summary>
/// The leaves of one consensus in their two orders, and the trees over them (spec/directory.md, section 3).
/// Whoever makes a consensus and whoever checks one compute the roots here.
/// </summary>
public sealed class ConsensusTrees
{
    private ConsensusTrees(IReadOnlyList<RelayEntry> entries, ReadOnlyMemory<byte> leaves)
    {
        Entries = entries;
        Leaves = leaves;
        Relays = new MerkleTree(Enumerable.Range(0, entries.Count).Select(LeafAt));
        StoreOrder = [.. Enumerable.Range(0, entries.Count)
            .Where(index => entries[index].Has(RelayFlags.Store))
            .OrderBy(index => entries[index].RingPosition).ThenBy(index => entries[index].Identity)];
        Stores = new MerkleTree(StoreOrder.Select(LeafAt));
        TotalWeight = entries.Aggregate(0UL, (sum, entry) => sum + entry.Weight);
    }

    /// <summary>All entries in the order of their identities, with those that are away.</summary>
    public IReadOnlyList<RelayEntry> Entries { get; }

    /// <summary>Their leaves, one after the other.</summary>
    public ReadOnlyMemory<byte> Leaves { get; }

    /// <summary>The tree over all leaves.</summary>
    public MerkleTree Relays { get; }

    /// <summary>The tree over the leaves that stand on the ring, in ring order.</summary>
    public MerkleTree Stores { get; }

    /// <summary>For each leaf of <see cref="Stores"/> the index of its entry.</summary>
    public IReadOnlyList<int> StoreOrder { get; }

    /// <summary>Sum of all weights.</summary>
    public ulong TotalWeight { get; }

    /// <summary>Orders the entries, gives each its start of cumulative weight, and writes the leaves.</summary>
    /// <exception cref="InvalidOperationException">An entry breaks a rule of section 3.</exception>
    public static ConsensusTrees Make(IEnumerable<RelayEntry> entries)
    {
        List<RelayEntry> ordered = [];
        var start = 0UL;
        foreach (var entry in entries.OrderBy(entry => entry.Identity))
        {
            ordered.Add(entry with { WeightStart = start });
            start += entry.Weight;
        }

        var leaves = new byte[ordered.Count * RelayEntry.Size];
        for (var index = 0; index < ordered.Count; index++)
        {
            ordered[index].WriteTo(leaves.AsSpan(index * RelayEntry.Size, RelayEntry.Size));
        }

        return new ConsensusTrees(ordered, leaves);
    }

    /// <summary>
    /// Reads leaves: false unless each is well-formed, identities rise without repetition, and each start is the
    /// sum of the weights before it.
    /// </summary>
    public static bool TryRead(
        ReadOnlyMemory<byte> leaves, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ConsensusTrees? trees)
    {
        trees = null;
        var entries = new RelayEntry[leaves.Length / RelayEntry.Size];
        var start = 0UL;
        for (var index = 0; index < entries.Length; index++)
        {
            if (!RelayEntry.TryRead(leaves.Span.Slice(index * RelayEntry.Size, RelayEntry.Size), out var entry)
                || entry.WeightStart != start
                || (index > 0 && entry.Identity <= entries[index - 1].Identity))
            {
                return false;
            }

            entries[index] = entry;
            start += entry.Weight;
        }

        trees = new ConsensusTrees(entries, leaves);
        return true;
    }

    /// <summary>The proof of the entry number <paramref name="index"/> in the tree of all relays.</summary>
    public LeafProof ProveRelay(int index) => new(index, LeafAt(index), Relays.Prove(index));

    /// <summary>The proof of the store number <paramref name="ringIndex"/> in the tree of stores.</summary>
    public LeafProof ProveStore(int ringIndex) =>
        new(ringIndex, LeafAt(StoreOrder[ringIndex]), Stores.Prove(ringIndex));

    private ReadOnlyMemory<byte> LeafAt(int index) => Leaves.Slice(index * RelayEntry.Size, RelayEntry.Size);
}

using System.Diagnostics.CodeAnalysis;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Proofs;

/// <summary>
/// One leaf with its number and the hashes to a signed root (spec/directory.md, section 3): enough for somebody who
/// has only the header to know a relay, to know that it owns a number of the cumulative weight, and, with the next
/// leaf, to know which store follows a point.
/// </summary>
public sealed record LeafProof(int Index, ReadOnlyMemory<byte> Leaf, IReadOnlyList<Bytes32> Path)
{
    /// <summary>Whether this is a leaf of the relays' tree, and which.</summary>
    public bool TryVerifyRelay(ConsensusHeader header, [NotNullWhen(true)] out RelayEntry? entry)
    {
        ArgumentNullException.ThrowIfNull(header);
        entry = null;
        return MerkleTree.Verify(header.RelaysRoot, header.Count, Index, Leaf.Span, Path)
            && RelayEntry.TryRead(Leaf.Span, out entry);
    }

    /// <summary>Whether this is the leaf that owns <paramref name="number"/> of the cumulative weight.</summary>
    public bool TryVerifyWeight(ConsensusHeader header, ulong number, [NotNullWhen(true)] out RelayEntry? entry) =>
        TryVerifyRelay(header, out entry) && number >= entry.WeightStart && number - entry.WeightStart < entry.Weight;

    /// <summary>
    /// Whether <paramref name="before"/> and <paramref name="after"/> are neighbours on the ring with
    /// <paramref name="point"/> after the first and not after the second, so that <paramref name="successor"/> is
    /// the store of that point. On a ring of one store both are the same leaf.
    /// </summary>
    public static bool TryVerifySuccessor(
        ConsensusHeader header,
        Bytes32 point,
        LeafProof before,
        LeafProof after,
        [NotNullWhen(true)] out RelayEntry? successor)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        successor = null;
        if (header.StoreCount == 0 || after.Index != (before.Index + 1L) % header.StoreCount
            || !before.TryVerifyStore(header, out var first) || !after.TryVerifyStore(header, out var second))
        {
            return false;
        }

        var wraps = after.Index == 0;
        var afterFirst = point > first.RingPosition;
        var notAfterSecond = point <= second.RingPosition;
        if (wraps ? !afterFirst && !notAfterSecond : !afterFirst || !notAfterSecond)
        {
            return false;
        }

        successor = second;
        return true;
    }

    private bool TryVerifyStore(ConsensusHeader header, [NotNullWhen(true)] out RelayEntry? entry)
    {
        entry = null;
        return MerkleTree.Verify(header.StoresRoot, header.StoreCount, Index, Leaf.Span, Path)
            && RelayEntry.TryRead(Leaf.Span, out entry);
    }
}

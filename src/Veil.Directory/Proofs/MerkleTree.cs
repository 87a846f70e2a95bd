using Geralt;
using Veil.Wire;

namespace Veil.Directory.Proofs;

/// <summary>
/// The Merkle tree of RFC 6962, section 2.1 with BLAKE2b-256 (spec/directory.md, section 3): a leaf's hash is
/// H(0x00 ‖ leaf), a node's H(0x01 ‖ left ‖ right), an empty tree's H(""); the left part of n leaves is the largest
/// power of two below n.
/// </summary>
public sealed class MerkleTree
{
    /// <summary>Longest proof: trees have fewer than 2^31 leaves.</summary>
    public const int MaxProofLength = 31;

    private const int MaxLeafBytes = 1024;

    // Level 0 holds the leaves' hashes; an odd last node moves up unchanged, which gives RFC 6962's shape.
    private readonly Bytes32[][] _levels;

    /// <summary>Hashes <paramref name="leaves"/> in their order.</summary>
    public MerkleTree(IEnumerable<ReadOnlyMemory<byte>> leaves)
    {
        List<Bytes32[]> levels = [[.. leaves.Select(leaf => HashLeaf(leaf.Span))]];
        while (levels[^1].Length > 1)
        {
            var below = levels[^1];
            var level = new Bytes32[(below.Length + 1) / 2];
            for (var index = 0; index < level.Length; index++)
            {
                var left = 2 * index;
                level[index] = left + 1 < below.Length ? HashNode(below[left], below[left + 1]) : below[left];
            }

            levels.Add(level);
        }

        _levels = [.. levels];
    }

    /// <summary>Number of leaves.</summary>
    public int Count => _levels[0].Length;

    /// <summary>What stands for all leaves and their order.</summary>
    public Bytes32 Root
    {
        get
        {
            if (Count > 0)
            {
                return _levels[^1][0];
            }

            Bytes32 empty = default;
            BLAKE2b.ComputeHash(empty, []);
            return empty;
        }
    }

    /// <summary>The hashes that lead from leaf <paramref name="index"/> to the root, nearest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such leaf.</exception>
    public IReadOnlyList<Bytes32> Prove(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        List<Bytes32> proof = [];
        foreach (var level in _levels)
        {
            var sibling = index ^ 1;
            if (level.Length > 1 && sibling < level.Length)
            {
                proof.Add(level[sibling]);
            }

            index /= 2;
        }

        return proof;
    }

    /// <summary>
    /// Whether <paramref name="leaf"/> is number <paramref name="index"/> of <paramref name="count"/> under
    /// <paramref name="root"/> (RFC 9162, section 2.1.3.2).
    /// </summary>
    public static bool Verify(Bytes32 root, int count, int index, ReadOnlySpan<byte> leaf, IReadOnlyList<Bytes32> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (index < 0 || index >= count || proof.Count > MaxProofLength || leaf.Length > MaxLeafBytes)
        {
            return false;
        }

        var (node, last, hash, used) = (index, count - 1, HashLeaf(leaf), 0);
        while (last > 0)
        {
            var isLeft = node % 2 == 0;
            if (!isLeft || node != last)
            {
                if (used == proof.Count)
                {
                    return false;
                }

                hash = isLeft ? HashNode(hash, proof[used]) : HashNode(proof[used], hash);
                used++;
            }

            (node, last) = (node / 2, last / 2);
        }

        return used == proof.Count && hash == root;
    }

    private static Bytes32 HashLeaf(ReadOnlySpan<byte> leaf)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(leaf.Length, MaxLeafBytes);
        Span<byte> input = stackalloc byte[1 + leaf.Length];
        input[0] = 0;
        leaf.CopyTo(input[1..]);
        Bytes32 hash = default;
        BLAKE2b.ComputeHash(hash, input);
        return hash;
    }

    private static Bytes32 HashNode(Bytes32 left, Bytes32 right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Bytes32.Size)];
        input[0] = 1;
        left.AsSpan().CopyTo(input[1..]);
        right.AsSpan().CopyTo(input[(1 + Bytes32.Size)..]);
        Bytes32 hash = default;
        BLAKE2b.ComputeHash(hash, input);
        return hash;
    }
}

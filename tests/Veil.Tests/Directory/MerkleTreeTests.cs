using Veil.Directory.Documents;
using Veil.Directory.Proofs;
using Veil.Wire;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Directory;

public sealed class MerkleTreeTests
{
    private static ReadOnlyMemory<byte>[] Leaves(int count) =>
        [.. Enumerable.Range(0, count).Select(number => (ReadOnlyMemory<byte>)new[] { (byte)number, (byte)7 })];

    /// <summary>RFC 6962, section 2.1, as it is written there: recursion instead of levels.</summary>
    private static Bytes32 Reference(ReadOnlySpan<ReadOnlyMemory<byte>> leaves)
    {
        if (leaves.Length == 1)
        {
            return Hash([0, .. leaves[0].Span]);
        }

        var split = 1;
        while (split * 2 < leaves.Length)
        {
            split *= 2;
        }

        return Hash([1, .. Reference(leaves[..split]).AsSpan(), .. Reference(leaves[split..]).AsSpan()]);
    }

    private static Bytes32 Hash(byte[] input)
    {
        // Another implementation than the product's.
        var digest = new Org.BouncyCastle.Crypto.Digests.Blake2bDigest(256);
        digest.BlockUpdate(input, 0, input.Length);
        var output = new byte[32];
        digest.DoFinal(output, 0);
        return new Bytes32(output);
    }

    [Fact]
    public void Roots_are_those_of_rfc_6962()
    {
        Assert.Equal(Hash([]), new MerkleTree([]).Root);
        for (var count = 1; count <= 40; count++)
        {
            Assert.Equal(Reference(Leaves(count)), new MerkleTree(Leaves(count)).Root);
        }
    }

    [Fact]
    public void A_proof_holds_for_its_leaf_at_its_place_only()
    {
        for (var count = 1; count <= 20; count++)
        {
            var leaves = Leaves(count);
            var tree = new MerkleTree(leaves);
            for (var index = 0; index < count; index++)
            {
                var proof = tree.Prove(index);
                for (var other = 0; other < count; other++)
                {
                    Assert.Equal(
                        index == other, MerkleTree.Verify(tree.Root, count, other, leaves[index].Span, proof));
                    Assert.Equal(
                        index == other, MerkleTree.Verify(tree.Root, count, index, leaves[other].Span, proof));
                }

                Assert.False(MerkleTree.Verify(tree.Root, count, index, leaves[index].Span, [.. proof, tree.Root]));
                Assert.False(MerkleTree.Verify(default, count, index, leaves[index].Span, proof));
            }
        }
    }

    [Fact]
    public void Two_neighbours_prove_who_follows_a_point_and_no_other_pair_does()
    {
        var consensus = DirectoryRig.ConsensusOf(Enumerable.Range(0, 9).Select(number => DirectoryRig.Entry(number)));
        var trees = consensus.Document.Trees;
        var decisions = new SeededDecisions(11);
        for (uint round = 0; round < 50; round++)
        {
            Bytes32 bytes = default;
            decisions.Fill(bytes);
            var reference = new BlockRef(bytes);
            var point = BlockRef.Of([.. bytes.AsSpan(), 0, 0, 0, 0]).Value;
            var proven = 0;
            for (var first = 0; first < 9; first++)
            {
                var before = trees.ProveStore(first);
                var after = trees.ProveStore((first + 1) % 9);
                if (LeafProof.TryVerifySuccessor(consensus.Document.Header, point, before, after, out var successor))
                {
                    proven++;
                    Assert.Equal(consensus.Ring.Successor(reference, 0), successor.Identity);
                }

                var apart = trees.ProveStore((first + 2) % 9);
                Assert.False(LeafProof.TryVerifySuccessor(consensus.Document.Header, point, before, apart, out _));
            }

            Assert.Equal(1, proven);
        }
    }

    [Fact]
    public void A_leaf_proves_which_numbers_of_the_weight_it_owns()
    {
        var consensus = DirectoryRig.ConsensusOf(
            Enumerable.Range(0, 5).Select(number => DirectoryRig.Entry(number, (uint)(number + 2))));
        var header = consensus.Document.Header;
        for (ulong number = 0; number < header.TotalWeight; number++)
        {
            var owners = Enumerable.Range(0, 5)
                .Where(index => consensus.Document.Trees.ProveRelay(index).TryVerifyWeight(header, number, out _));
            Assert.Single(owners);
        }
    }
}

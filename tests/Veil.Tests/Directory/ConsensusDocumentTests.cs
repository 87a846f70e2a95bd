using Veil.Directory;
using Veil.Directory.Documents;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Directory;

public sealed class ConsensusDocumentTests
{
    private static readonly NetworkDefinition Network = DirectoryRig.Network();

    private static IEnumerable<RelayEntry> Entries(int count) =>
        Enumerable.Range(0, count).Select(number => DirectoryRig.Entry(number, (uint)(number + 1)));

    private static ConsensusFault Open(ReadOnlyMemory<byte> bytes) =>
        ConsensusDocument.TryOpen(bytes, Network, out _);

    [Fact]
    public void A_consensus_survives_making_and_opening()
    {
        var bytes = DirectoryRig.ConsensusBytes(Network, Entries(20));
        Assert.Equal(ConsensusFault.None, ConsensusDocument.TryOpen(bytes, Network, out var document));

        var consensus = new Consensus(document!, Network);
        Assert.Equal(20, consensus.Relays.Count);
        Assert.Equal(20, consensus.Ring.Count);
        Assert.Equal(210UL, consensus.TotalWeight);
        Assert.Equal(7UL, consensus.ParamOrDefault("a.b", 1));
        Assert.Equal(1UL, consensus.ParamOrDefault("absent", 1));
        Assert.All(Entries(20), entry =>
        {
            Assert.True(consensus.TryGet(entry.Identity, out var found));
            Assert.Equal(entry, found with { WeightStart = 0 });
        });
    }

    [Fact]
    public void Any_changed_byte_is_refused()
    {
        var bytes = DirectoryRig.ConsensusBytes(Network, Entries(3));
        for (var index = 0; index < bytes.Length; index++)
        {
            var changed = bytes.ToArray();
            changed[index] ^= 0x01;
            Assert.NotEqual(ConsensusFault.None, Open(changed));
        }
    }

    [Fact]
    public void Any_other_length_is_refused()
    {
        var bytes = DirectoryRig.ConsensusBytes(Network, Entries(2));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.NotEqual(ConsensusFault.None, Open(bytes.AsMemory(0, length)));
        }

        Assert.Equal(ConsensusFault.Layout, Open(bytes.Append((byte)0).ToArray()));
        Assert.Equal(ConsensusFault.Layout, Open(new byte[DocumentLimits.MaxConsensusBytes + 1]));
    }

    [Theory]
    [InlineData(ConsensusFault.Quorum, 0)]
    [InlineData(ConsensusFault.None, 0, 1)]
    [InlineData(ConsensusFault.None, 0, 2)]
    [InlineData(ConsensusFault.None, 0, 1, 2)]
    [InlineData(ConsensusFault.Signature, 1, 0)]
    [InlineData(ConsensusFault.Signature, 1, 1)]
    [InlineData(ConsensusFault.Signature, 0, 3)]
    public void A_quorum_of_distinct_known_authorities_in_order_is_needed(ConsensusFault expected, params int[] signers)
    {
        var (header, trees) = DirectoryRig.Unsigned(Network, Entries(3));
        Assert.Equal(expected, Open(DirectoryRig.SignConsensus(header, trees.Leaves.Span, signers)));
    }

    [Fact]
    public void One_false_signature_beside_a_quorum_is_refused()
    {
        var (header, trees) = DirectoryRig.Unsigned(Network, Entries(3));
        var bytes = DirectoryRig.SignConsensus(header, trees.Leaves.Span, 0, 1, 2);
        // Signatures of 1 + 64 bytes begin at 6: the last byte of the third one.
        bytes[6 + (3 * 65) - 1] ^= 1;
        Assert.Equal(ConsensusFault.Signature, Open(bytes));
    }

    [Fact]
    public void Leaves_that_disagree_with_the_header_are_refused()
    {
        var (header, trees) = DirectoryRig.Unsigned(Network, Entries(3));
        var leaves = trees.Leaves.ToArray();
        var leafBytes = RelayEntry.Size;
        byte[] swapped = [.. leaves[leafBytes..(2 * leafBytes)], .. leaves[..leafBytes], .. leaves[(2 * leafBytes)..]];
        byte[] doubled = [.. leaves[..leafBytes], .. leaves[..leafBytes], .. leaves[(2 * leafBytes)..]];
        var other = ConsensusTrees.Make(Entries(4).Skip(1)).Leaves.ToArray();
        byte[] longer = [.. leaves, .. leaves[..leafBytes]];
        foreach (var bad in (byte[][])[swapped, doubled, other, leaves[leafBytes..], longer])
        {
            Assert.Equal(ConsensusFault.Leaves, Open(DirectoryRig.SignConsensus(header, bad, 0, 1)));
        }
    }

    [Fact]
    public void A_header_whose_times_are_not_those_of_its_epoch_is_refused()
    {
        var (encoded, trees) = DirectoryRig.Unsigned(Network, Entries(3));
        Assert.True(ConsensusHeader.TryDecode(encoded, out var header));
        ConsensusHeader[] bad =
        [
            header with { Epoch = header.Epoch + 1 },
            header with { Epoch = ulong.MaxValue },
            header with
            {
                Epoch = uint.MaxValue,
                ValidAfter = uint.MaxValue * 3600L,
                FreshUntil = (uint.MaxValue + 1L) * 3600L,
                ValidUntil = (uint.MaxValue + 3L) * 3600L,
            },
            header with { ValidUntil = header.ValidUntil + 1 },
            header with { ValidAfter = header.ValidAfter - 1 },
            header with { Network = DirectoryRig.Network(lab: false).Id },
        ];
        Assert.All(bad, one => Assert.Equal(
            ConsensusFault.Header, Open(DirectoryRig.SignConsensus(one.Encode(), trees.Leaves.Span, 0, 1))));
    }

    [Fact]
    public void Epochs_never_go_back()
    {
        var tracker = new ConsensusTracker(Network);
        var now = Network.StartOf(DirectoryRig.Epoch).AddSeconds(10);
        ReadOnlyMemory<byte> At(ulong epoch) => DirectoryRig.ConsensusBytes(Network, Entries(3), epoch);

        Assert.Equal(ConsensusOffer.Accepted, tracker.Offer(At(DirectoryRig.Epoch), now));
        Assert.Equal(ConsensusOffer.NotNewer, tracker.Offer(At(DirectoryRig.Epoch), now));
        Assert.Equal(ConsensusOffer.NotNewer, tracker.Offer(At(DirectoryRig.Epoch - 1), now));
        Assert.Equal(ConsensusOffer.Accepted, tracker.Offer(At(DirectoryRig.Epoch + 1), now));
        Assert.Equal(ConsensusOffer.NotLive, tracker.Offer(At(DirectoryRig.Epoch + 9), now));
        Assert.Equal(ConsensusOffer.Refused, tracker.Offer(new byte[100], now));
        Assert.Equal(DirectoryRig.Epoch + 1, tracker.Current!.Epoch);
        Assert.Equal(DirectoryRig.Epoch + 9, tracker.KnownEpoch);
    }

    [Fact]
    public void A_consensus_is_live_from_the_epoch_before_its_own_for_four_epochs()
    {
        var consensus = DirectoryRig.ConsensusOf(Entries(3));
        Assert.False(consensus.IsLive(consensus.ValidAfter.AddSeconds(-3601)));
        Assert.True(consensus.IsLive(consensus.ValidAfter.AddSeconds(-3600)));
        Assert.True(consensus.IsLive(consensus.ValidUntil.AddTicks(-1)));
        Assert.False(consensus.IsLive(consensus.ValidUntil));
    }

    [Fact]
    public void A_relay_that_is_away_is_kept_in_the_document_and_not_in_the_view()
    {
        var away = DirectoryRig.Entry(1) with { Flags = RelayFlags.None, Weight = 0, Away = 2 };
        var consensus = DirectoryRig.ConsensusOf([DirectoryRig.Entry(0), away, DirectoryRig.Entry(2)]);
        Assert.Equal(3, consensus.Document.Trees.Entries.Count);
        Assert.Equal(2, consensus.Relays.Count);
        Assert.Equal(2, consensus.Ring.Count);
        Assert.False(consensus.TryGet(away.Identity, out _));
    }
}

using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Manifests;
using Veil.Content.Publishing;
using Veil.Content.Stripes;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>Redundancy chosen at publication: spec/stripe.md, section 1.</summary>
public sealed class ParityLevelTests
{
    private const int Block = 32_768;

    // With its padding 18 leaves: a full stripe and one of two.
    private static readonly byte[] Content = ContentRig.Bytes((17 * Block) + 5);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 9, 7, 5, 4, 3, 3)]
    [InlineData(2, 12, 10, 6, 6, 3, 4)]
    [InlineData(4, 16, 14, 8, 8, 4, 6)]
    [InlineData(8, 22, 20, 11, 14, 6, 11)]
    [InlineData(16, 32, 32, 16, 24, 8, 20)]
    public void Each_level_has_half_of_the_parity_of_the_one_before_and_needs_half_of_its_own(
        int data, int full, int needed, int half, int neededOfHalf, int quarter, int neededOfQuarter)
    {
        (int Parity, int Needed)[] expected = [(full, needed), (half, neededOfHalf), (quarter, neededOfQuarter)];
        foreach (var level in Enum.GetValues<ParityLevel>())
        {
            var shape = StripeShape.For(data, level);
            Assert.Equal(expected[(int)level], (shape.ParityShares, shape.NeededShares));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => StripeShape.For(data, (ParityLevel)3));
    }

    [Theory]
    [InlineData(ParityLevel.Full, 48 + 14)]
    [InlineData(ParityLevel.Half, 32 + 8)]
    [InlineData(ParityLevel.Quarter, 24 + 5)]
    public async Task As_many_shares_as_there_is_parity_may_be_lost_and_not_one_more(ParityLevel level, int shares)
    {
        ContentRig rig = new(stores: 60);
        var publication = await rig.PublishAsync(Content, options: new PublishOptions { Level = level });
        Assert.True(StripeMap.TryParse(rig.Decode(publication.RepairCapability), out var map));
        Assert.Equal((18, level), (map!.Plan.Leaves, map.Plan.Level));
        Assert.Equal(shares + (10 * (publication.Counts.Blocks - 18)), publication.Counts.Shares);
        Assert.Equal(publication.Counts.Shares, publication.Counts.SharesAcknowledged);

        for (var stripe = 0; stripe < 2; stripe++)
        {
            var lost = map.Shares(stripe);
            rig.Decisions.Shuffle<BlockRef>(lost);
            foreach (var share in lost.Take(map.Plan.ShapeOf(stripe).ParityShares)) rig.Stores.Remove(share);
        }

        Assert.Equal(Content, await rig.FetchAsync(publication.Key));
        rig.Stores.Remove(map.Shares(1).First(share => rig.Stores.Find(share) is not null));
        Assert.Equal(ContentFault.TooFewShares, await rig.FaultOfAsync(publication.Key));
    }

    [Theory]
    [InlineData(ParityLevel.Full, 9)]
    [InlineData(ParityLevel.Half, 9)]
    [InlineData(ParityLevel.Quarter, 8)]
    public async Task A_publication_tells_how_many_stores_may_be_lost_and_copies_bound_it(ParityLevel level, int stores)
    {
        // So many stores that no two shares of the stripe are at one.
        ContentRig rig = new(stores: 2_000);
        var content = ContentRig.Bytes((15 * Block) + 5);
        var publication = await rig.PublishAsync(content, options: new PublishOptions { Level = level });
        Assert.Equal(stores, publication.Redundancy.StoresThatMayBeLost);
    }

    [Fact]
    public async Task A_publication_that_broke_off_does_not_go_on_with_another_level()
    {
        ContentRig rig = new(stores: 48);
        PublishCheckpoint? last = null;
        await rig.PublishAsync(Content, options: new PublishOptions { OnCheckpoint = told => last = told });
        var fault = await Assert.ThrowsAsync<PublishException>(() => rig.PublishAsync(
            Content, options: new PublishOptions { From = last, Level = ParityLevel.Half }));
        Assert.Equal(PublishFault.SourceChanged, fault.Fault);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_manifest_of_an_unknown_level_or_one_that_says_the_usual_is_refused(byte level)
    {
        ReadCapability capability = new(Block, 0, default, default);
        var bytes = ManifestCodec.Encode(
            new Manifest("a", new ContentSize(9), "text/plain", new(capability, capability), default)
            {
                Level = ParityLevel.Half,
            });
        Assert.True(ManifestCodec.TryDecode(bytes, out var manifest));
        Assert.Equal(ParityLevel.Half, manifest.Level);

        // The last field.
        Assert.Equal((15, 1), (bytes[^2], bytes[^1]));
        bytes[^1] = level;
        Assert.False(ManifestCodec.TryDecode(bytes, out _));
    }

    [Fact]
    public void A_map_says_its_level_and_one_that_is_not_known_is_refused()
    {
        var header = new byte[StripeMapLayout.HeaderBytes];
        foreach (var level in Enum.GetValues<ParityLevel>())
        {
            StripePlan plan = new(18, level);
            StripeMapLayout.WriteHeader(plan, header);
            Assert.True(StripeMapLayout.TryReadHeader(header, out var read));
            Assert.Equal(plan, read);
            Assert.Equal(32 + (32 * plan.ShapeOf(0).TotalShares), StripeMapLayout.StripeOffset(plan, 1));
        }

        header[16]++;
        Assert.False(StripeMapLayout.TryReadHeader(header, out _));
    }

    [Fact]
    public void Levels_have_names()
    {
        foreach (var level in Enum.GetValues<ParityLevel>())
        {
            Assert.True(ParityLevelText.TryParse(ParityLevelText.Format(level), out var read));
            Assert.Equal(level, read);
        }

        Assert.False(ParityLevelText.TryParse("Full", out _));
        Assert.False(ParityLevelText.TryParse(null, out _));
    }
}

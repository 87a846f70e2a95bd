using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Folders;
using Veil.Content.Keys;
using Veil.Content.Manifests;
using Veil.Content.Publishing;
using Veil.Content.Stripes;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>What a manifest says of the stripe that is read first (spec/manifest.md, section 9).</summary>
public sealed class OpeningStripeTests
{
    private const int Block = 32768;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    // 64 MiB has inner nodes at two levels, as 1 GiB has.
    [Theory]
    [InlineData(2 * Block, false)]
    [InlineData(20 * Block, false)]
    [InlineData(600 * Block, false)]
    [InlineData(20 * Block, true)]
    public void From_key_to_first_byte_two_requests_follow_each_other(int length, bool isWarmed)
    {
        ContentRig rig = new(stores: 60);
        var content = ContentRig.Bytes(length);
        Pump.Run(rig.Time, async () =>
        {
            var publication = await rig.PublishAsync(content);
            rig.Stores.Latency = TimeSpan.FromSeconds(1);
            var start = rig.Time.GetTimestamp();
            await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
            Assert.Equal(1, rig.Time.GetElapsedTime(start).TotalSeconds, 3);
            if (isWarmed)
            {
                opened.ReadAhead();
                await Task.Delay(TimeSpan.FromSeconds(1), rig.Time, Cancelled);
            }

            MemoryStream output = new();
            await opened.CopyRangeAsync(0, 1024, output, Cancelled);

            Assert.Equal(content[..1024], output.ToArray());
            Assert.Equal(2, rig.Time.GetElapsedTime(start).TotalSeconds, 3);
        });
    }

    [Fact]
    public void A_folder_is_listed_after_two_requests_too()
    {
        ContentRig rig = new(stores: 60);
        var content = ContentRig.Bytes(3 << 20);
        Pump.Run(rig.Time, async () =>
        {
            Assert.True(FolderIndex.TryCreate([new("a.bin", content.Length)], out var draft));
            var publication = await rig.Publisher.PublishAsync(
                PublishSource.OfFolder("f", draft, new MemoryStream(content)), new(), null, Cancelled);
            rig.Stores.Latency = TimeSpan.FromSeconds(1);
            var start = rig.Time.GetTimestamp();
            await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
            var index = await opened.ReadIndexAsync(Cancelled);

            Assert.Equal("a.bin", Assert.Single(index.Entries).Path);
            Assert.Equal(2, rig.Time.GetElapsedTime(start).TotalSeconds, 3);
        });
    }

    [Fact]
    public void Warming_asks_for_the_opening_stripe_and_no_more()
    {
        ContentRig rig = new(stores: 60);
        List<BlockRef> asked = [];
        Pump.Run(rig.Time, async () =>
        {
            var publication = await rig.PublishAsync(ContentRig.Bytes(3 << 20));
            Assert.True(StripeMap.TryParse(rig.Decode(publication.RepairCapability), out var map));
            rig.Stores.OnFetch = (_, _, reference) => asked.Add(reference);
            rig.Stores.Latency = TimeSpan.FromSeconds(1);
            await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
            opened.ReadAhead();
            opened.ReadAhead();
            await Task.Delay(TimeSpan.FromSeconds(20), rig.Time, Cancelled);

            Assert.Equal(publication.Key.Capability.RootReference, asked[0]);
            Assert.Equal(map!.Shares(0)[..16].Order(), asked[1..].Order());
        });
    }

    [Fact]
    public async Task Parity_of_the_opening_stripe_is_found_without_tree_and_stripe_map()
    {
        ContentRig rig = new(stores: 60);
        var content = ContentRig.Bytes(16 * Block);
        var publication = await rig.PublishAsync(content);
        Assert.True(StripeMap.TryParse(rig.Decode(publication.RepairCapability), out var map));
        HashSet<BlockRef> kept = [publication.Key.Capability.RootReference, .. map!.Shares(0)[6..]];
        foreach (var (_, reference) in rig.Stores.Holdings)
        {
            if (!kept.Contains(reference)) rig.Stores.Remove(reference);
        }

        await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
        MemoryStream output = new();
        await opened.CopyRangeAsync(0, (16 * Block) - 1, output, Cancelled);
        Assert.Equal(content[..^1], output.ToArray());
    }

    [Fact]
    public async Task A_manifest_without_it_is_read_down_the_tree()
    {
        ContentRig rig = new(stores: 30);
        var content = ContentRig.Bytes((3 << 20) + 5);
        var key = await AlterAsync(rig, content, manifest => manifest with { Opening = null });
        Assert.Equal(content, await rig.FetchAsync(key));
    }

    [Fact]
    public async Task There_is_none_where_the_one_leaf_is_the_root()
    {
        ContentRig rig = new(stores: 12);
        var publication = await rig.PublishAsync([1, 2, 3]);
        Assert.Null(Read(rig, publication).Opening);
        Assert.Equal([1, 2, 3], await rig.FetchAsync(publication.Key));
    }

    [Fact]
    public async Task What_contradicts_the_tree_does_not_verify_once_the_tree_is_there()
    {
        ContentRig rig = new(stores: 30);
        var content = ContentRig.Bytes(40 * Block);
        var key = await AlterAsync(rig, content, Turned);

        var fault = await rig.FaultOfAsync(key);

        Assert.Equal(ContentFault.VerificationFailed, fault);
    }

    [Fact]
    public async Task What_contradicts_a_root_of_one_stripe_is_no_manifest()
    {
        ContentRig rig = new(stores: 30);
        var key = await AlterAsync(rig, ContentRig.Bytes(3 * Block), Turned);
        var fault = await Assert.ThrowsAsync<ContentUnavailableException>(
            () => rig.Reader.OpenAsync(key, ContentRig.Group, Cancelled));
        Assert.Equal(ContentFault.VerificationFailed, fault.Fault);
    }

    [Fact]
    public async Task It_is_the_same_where_a_publication_goes_on_after_a_break()
    {
        ContentRig rig = new(stores: 20);
        var content = ContentRig.Bytes(3 << 20);
        PublishCheckpoint? last = null;
        var whole = await rig.PublishAsync(content, options: new() { OnCheckpoint = checkpoint => last = checkpoint });
        ContentRig other = new(stores: 20, seed: 2);
        var rest = await other.PublishAsync(content, options: new() { From = last });
        Assert.Equal(Read(rig, whole).Opening!.ToBytes(), Read(other, rest).Opening!.ToBytes());
    }

    // The first two leaves change places.
    private static Manifest Turned(Manifest manifest)
    {
        var opening = manifest.Opening!;
        var leaves = opening.Leaves.ToArray();
        (leaves[0], leaves[1]) = (leaves[1], leaves[0]);
        return manifest with { Opening = new OpeningStripe(0, leaves, opening.References[leaves.Length..]) };
    }

    private static Manifest Read(ContentRig rig, Publication publication)
    {
        Assert.True(ManifestCodec.TryDecode(rig.Decode(publication.Key.Capability), out var manifest));
        return manifest;
    }

    // Publishes, and stores another manifest of the same content.
    private static async Task<ContentKey> AlterAsync(
        ContentRig rig, byte[] content, Func<Manifest, Manifest> alter)
    {
        var manifest = Read(rig, await rig.PublishAsync(content));
        List<(BlockRef Reference, byte[] Block)> blocks = [];
        using ErisEncoder encoder = new(
            ErisLayout.BlockBytes, new byte[32], block => blocks.Add((block.Reference, block.Ciphertext.ToArray())));
        encoder.Append(ManifestCodec.Encode(alter(manifest)));
        var capability = encoder.Finish();
        var (reference, block) = Assert.Single(blocks);
        foreach (var store in rig.Stores.Ring.Stores)
        {
            await rig.Stores.StoreAsync(ContentRig.Group, store, reference, block, Cancelled);
        }

        return new ContentKey(capability);
    }
}

using Veil.Content.Publishing;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>Publications that go on after a crash (spec/stripe.md, section 9).</summary>
public sealed class PublishResumeTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_any_checkpoint_only_the_rest_is_stored_and_the_key_is_the_same()
    {
        ContentRig rig = new(stores: 20);
        var content = ContentRig.Bytes((6 << 20) + 11);
        List<PublishCheckpoint> checkpoints = [];
        var whole = await PublishAsync(rig, content, new() { OnCheckpoint = checkpoints.Add });
        var requests = rig.Stores.Requests;
        Assert.True(checkpoints.Count > 10);
        for (var number = 0; number < checkpoints.Count; number += 3)
        {
            rig = new(stores: 20, seed: (ulong)number + 2);
            var from = checkpoints[number];
            var rest = await PublishAsync(rig, content, new() { From = from });
            Assert.Equal(whole.Key, rest.Key);
            Assert.Equal(whole.Counts, rest.Counts);
            Assert.Equal(whole.Redundancy.StoresThatMayBeLost, rest.Redundancy.StoresThatMayBeLost);
            var stored = from.Stripes.Report.Acknowledged + from.Copies.Report.Acknowledged;
            Assert.Equal(requests - stored, rig.Stores.Requests);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2_000_000)]
    public async Task Other_bytes_are_found_out_before_the_root_is_stored(int at)
    {
        ContentRig rig = new(stores: 20);
        var content = ContentRig.Bytes(4 << 20);
        PublishCheckpoint? last = null;
        await PublishAsync(rig, content, new() { OnCheckpoint = checkpoint => last = checkpoint });
        content[at] ^= 1;
        var fault = await Assert.ThrowsAsync<PublishException>(() => PublishAsync(rig, content, new() { From = last }));
        Assert.Equal(PublishFault.SourceChanged, fault.Fault);
        fault = await Assert.ThrowsAsync<PublishException>(
            () => PublishAsync(rig, content[..1_000_000], new() { From = last }));
        Assert.Equal(PublishFault.SourceChanged, fault.Fault);
    }

    [Fact]
    public void Only_what_is_stored_without_a_gap_counts()
    {
        StoredTrack track = new(StoredSoFar.None);
        BlockRef[] references = [.. Enumerable.Range(0, 4).Select(number => BlockRef.Of([(byte)number]))];
        var ends = references.Select(reference => track.Add([reference])!).ToArray();
        ends[1](new(10, 9, 5));
        Assert.Equal(0, track.Stored.Count);
        ends[0](new(10, 10, 7));
        var stored = track.Stored;
        Assert.Equal((2, new StoredReport(20, 19, 5)), (stored.Count, stored.Report));

        StoredTrack later = new(stored);
        Assert.Equal(stored, later.Stored);
        Assert.Null(later.Add([references[0]]));
        Assert.False(later.IsPastEarlier);
        Assert.Null(later.Add([references[1]]));
        Assert.True(later.IsPastEarlier);
        later.Add([references[2]])!(new(10, 10, 9));
        Assert.Equal((3, new StoredReport(30, 29, 5)), (later.Stored.Count, later.Stored.Report));
    }

    private static Task<Publication> PublishAsync(ContentRig rig, byte[] content, PublishOptions options) =>
        rig.Publisher.PublishAsync(
            new PublishSource(new MemoryStream(content), content.Length, "a"), options, null, Cancelled);
}

using System.Security.Cryptography;
using CsCheck;
using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Fetching;
using Veil.Content.Keys;
using Veil.Content.Manifests;
using Veil.Content.Stripes;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>The way of a file there and back over stores in memory (spec/stripe.md).</summary>
public sealed class PublishAndFetchTests
{
    private const int Block = 32768;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 10 + 20)]
    [InlineData(1, 10 + 20)]
    [InlineData(Block - 1, 10 + 20)]
    [InlineData(Block, 14 + 30)]
    [InlineData(Block + 1, 14 + 30)]
    [InlineData((16 * Block) - 1, 48 + 30)]
    [InlineData(16 * Block, 62 + 30)]
    [InlineData((5 << 20) + 123, (11 * 48) + 30)]
    public async Task A_file_of_any_length_comes_back(int length, int shares)
    {
        ContentRig rig = new(stores: 60);
        var content = ContentRig.Bytes(length);
        var publication = await rig.PublishAsync(content, "über/film.mp4");
        Assert.Equal(content, await rig.FetchAsync(publication.Key));
        Assert.Equal("über_film.mp4", publication.Name);
        Assert.Equal(length, publication.Bytes);
        Assert.Equal(shares, publication.Counts.Shares);
        Assert.Equal(shares, publication.Counts.SharesAcknowledged);
        Assert.Equal(shares, rig.Stores.Holdings.Count());

        Assert.True(ContentKey.TryParse(publication.Key.Format(), out var key, out _));
        await using var opened = await rig.Reader.OpenAsync(key, ContentRig.Group, Cancelled);
        Assert.Equal(("über_film.mp4", "video/mp4", (long)length), (opened.Name, opened.MimeType, opened.Length));
        Assert.Matches("^[0-9a-f]{64}$", opened.EntityTag);

        // Ten copies of the inner blocks and of the manifest: one must be left.
        Assert.Equal(9, publication.Redundancy.StoresThatMayBeLost);
    }

    [Fact]
    public async Task With_a_random_third_of_the_stores_dead_every_byte_comes_back()
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            ContentRig rig = new(stores: 30, seed);
            var content = ContentRig.Bytes((3 << 20) + 5, seed);
            var publication = await rig.PublishAsync(content);
            RelayId[] stores = [.. rig.Stores.Ring.Stores];
            rig.Decisions.Shuffle<RelayId>(stores);
            foreach (var store in stores.Take(10)) rig.Stores.Set(store, StoreMood.Dead);
            Assert.Equal(content, await rig.FetchAsync(publication.Key));
        }
    }

    [Fact]
    public void Silent_stores_are_overtaken_by_parity_in_virtual_seconds()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            ContentRig rig = new(stores: 30, seed);
            var content = ContentRig.Bytes(2 << 20, seed);
            Pump.Run(rig.Time, async () =>
            {
                var publication = await rig.PublishAsync(content);
                RelayId[] stores = [.. rig.Stores.Ring.Stores];
                rig.Decisions.Shuffle<RelayId>(stores);
                foreach (var store in stores.Take(10)) rig.Stores.Set(store, StoreMood.Silent);
                Assert.Equal(content, await rig.FetchAsync(publication.Key));
                Assert.Equal(0, rig.Stores.InFlight);
            });
            Assert.InRange(rig.Time.GetUtcNow() - DateTimeOffset.UnixEpoch, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        }
    }

    [Theory]
    [InlineData(40, true)]
    [InlineData(50, false)]
    public void A_time_without_any_path_is_waited_for_within_a_bound(int seconds, bool comes)
    {
        ContentRig rig = new(stores: 12);
        var content = ContentRig.Bytes(2 << 20);
        Pump.Run(rig.Time, async () =>
        {
            var publication = await rig.PublishAsync(content);
            await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
            MemoryStream output = new();
            rig.Stores.SetAll(StoreMood.Dead);
            await using var well = rig.Time.CreateTimer(
                _ => rig.Stores.SetAll(StoreMood.Well), null, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
            var start = rig.Time.GetTimestamp();
            var copy = opened.CopyRangeAsync(0, content.Length, output, Cancelled);
            if (comes)
            {
                await copy;
                Assert.Equal(content, output.ToArray());
                return;
            }

            var fault = await Assert.ThrowsAsync<ContentUnavailableException>(() => copy);
            Assert.Equal(ContentFault.TooFewShares, fault.Fault);
            Assert.InRange(rig.Time.GetElapsedTime(start).TotalSeconds, 40, 45);

            // One that failed does not stay failed.
            await Task.Delay(TimeSpan.FromSeconds(10), rig.Time, Cancelled);
            await opened.CopyRangeAsync(0, content.Length, output, Cancelled);
            Assert.Equal(content, output.ToArray());
        });
    }

    [Fact]
    public void Many_shares_that_arrive_at_once_after_hedging_are_not_too_many()
    {
        ContentRig rig = new(stores: 30);
        var content = ContentRig.Bytes((16 * Block) - 1);
        Pump.Run(rig.Time, async () =>
        {
            var publication = await rig.PublishAsync(content);
            await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
            await opened.CopyRangeAsync(0, 0, Stream.Null, Cancelled);

            // The inner node and the map answer; the shares all wait until hedging has doubled their number.
            Assert.True(StripeMap.TryParse(rig.Decode(publication.RepairCapability), out var map));
            TaskCompletionSource gate = new();
            rig.Stores.Gated = [.. map!.Shares(0)];
            rig.Stores.Gate = gate.Task;
            MemoryStream output = new();
            var copy = opened.CopyRangeAsync(0, content.Length, output, Cancelled);
            while (rig.Stores.InFlight < 32) await Task.Delay(TimeSpan.FromMilliseconds(50), rig.Time, Cancelled);
            gate.SetResult();
            await copy;
            Assert.Equal(content, output.ToArray());
        });
    }

    [Fact]
    public void Everything_stays_on_the_scheduler_it_was_started_on()
    {
        ContentRig rig = new(stores: 30);
        rig.Stores.OwnThread = Environment.CurrentManagedThreadId;
        var content = ContentRig.Bytes(3 << 20);
        Pump.Run(rig.Time, async () =>
        {
            var publication = await rig.PublishAsync(content);
            foreach (var store in rig.Stores.Ring.Stores.Take(8)) rig.Stores.Set(store, StoreMood.Dead);
            Assert.Equal(content, await rig.FetchAsync(publication.Key));
            using CancellationTokenSource stop = new(TimeSpan.FromSeconds(1), rig.Time);
            rig.Stores.SetAll(StoreMood.Silent);
            await using var content2 = new MemoryStream(content);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rig.Publisher.PublishAsync(
                new(content2, content.Length, "a"), new(), null, stop.Token));
        });
        Assert.Equal(0, rig.Stores.InFlight);
    }

    [Fact]
    public void Stores_that_fail_each_block_once_are_asked_again()
    {
        ContentRig rig = new(stores: 1);
        rig.Stores.SetAll(StoreMood.Flaky);
        var content = ContentRig.Bytes(100_000);
        Pump.Run(rig.Time, async () =>
        {
            var publication = await rig.PublishAsync(content);
            Assert.Equal(publication.Counts.Shares, publication.Counts.SharesAcknowledged);
            Assert.Equal(content, await rig.FetchAsync(publication.Key));
        });
    }

    [Fact]
    public async Task Any_range_is_what_it_is_in_the_file()
    {
        ContentRig rig = new(stores: 12);
        var content = ContentRig.Bytes((2 << 20) + 17);
        var publication = await rig.PublishAsync(content);
        await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
        await Gen.Select(Gen.Int[0, content.Length], Gen.Int[0, 300_000]).SampleAsync(
            async (offset, count) =>
            {
                count = Math.Min(count, content.Length - offset);
                MemoryStream output = new();
                await opened.CopyRangeAsync(offset, count, output, Cancelled);
                Assert.Equal(content.AsSpan(offset, count).ToArray(), output.ToArray());
            },
            iter: 60);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => opened.CopyRangeAsync(content.Length, 1, Stream.Null, Cancelled));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => opened.CopyRangeAsync(-1, 1, Stream.Null, Cancelled));
    }

    [Fact]
    public async Task A_stripe_needs_exactly_k_shares_whichever_are_left()
    {
        ContentRig rig = new(stores: 60);
        var content = ContentRig.Bytes((16 * Block) - 1);
        var publication = await rig.PublishAsync(content);
        Assert.True(StripeMap.TryParse(rig.Decode(publication.RepairCapability), out var map));
        var shares = map!.Shares(0);
        rig.Decisions.Shuffle<BlockRef>(shares);
        foreach (var share in shares[16..]) rig.Stores.Remove(share);
        Assert.Equal(content, await rig.FetchAsync(publication.Key));
        rig.Stores.Remove(shares[0]);
        Assert.Equal(ContentFault.TooFewShares, await rig.FaultOfAsync(publication.Key));
    }

    [Fact]
    public async Task The_repair_capability_names_every_block_but_its_own_and_the_manifests()
    {
        ContentRig rig = new(stores: 20);
        var publication = await rig.PublishAsync(ContentRig.Bytes(900_000));
        Assert.True(StripeMap.TryParse(rig.Decode(publication.RepairCapability), out var map));
        var named = Enumerable.Range(0, (int)map!.Plan.Count).SelectMany(stripe => map.Shares(stripe))
            .Concat(map.InnerNodes())
            .ToHashSet();
        var held = rig.Stores.Holdings.Select(holding => holding.Reference).ToHashSet();
        held.ExceptWith(named);
        Assert.Equal(
            new HashSet<BlockRef>
            {
                publication.RepairCapability.RootReference,
                publication.Key.Capability.RootReference,
            },
            held);
    }

    [Fact]
    public async Task Without_the_stripe_map_data_shares_suffice_and_without_them_the_fault_is_too_few_shares()
    {
        ContentRig rig = new(stores: 20);
        var content = ContentRig.Bytes(700_000);
        var publication = await rig.PublishAsync(content);
        Assert.True(StripeMap.TryParse(rig.Decode(publication.RepairCapability), out var map));
        rig.Stores.Remove(publication.RepairCapability.RootReference);
        Assert.Equal(content, await rig.FetchAsync(publication.Key));
        rig.Stores.Remove(map!.Shares(1)[0]);
        Assert.Equal(ContentFault.TooFewShares, await rig.FaultOfAsync(publication.Key));
    }

    [Fact]
    public async Task A_lost_inner_node_is_too_few_shares_not_an_unknown_key()
    {
        ContentRig rig = new(stores: 20);
        var publication = await rig.PublishAsync(ContentRig.Bytes(700_000));
        Assert.True(StripeMap.TryParse(rig.Decode(publication.RepairCapability), out var map));
        rig.Stores.Remove(map!.InnerNodes()[0]);
        Assert.Equal(ContentFault.TooFewShares, await rig.FaultOfAsync(publication.Key));
    }

    [Fact]
    public async Task Unknown_unreachable_and_wrong_keys_are_told_apart()
    {
        ContentRig rig = new(stores: 12);
        var capability = (await rig.PublishAsync(ContentRig.Bytes(10))).Key.Capability;
        var unknown = new ReadCapability(Block, 0, BlockRef.Of("other"u8), capability.RootKey);
        Assert.Equal(ContentFault.NotFound, await rig.FaultOfAsync(new ContentKey(unknown)));
        for (byte value = 0; value < 20; value++)
        {
            var key = new Bytes32([value, .. capability.RootKey.AsSpan()[1..]]);
            if (key == capability.RootKey) continue;
            var wrong = new ReadCapability(Block, 0, capability.RootReference, key);
            Assert.Equal(ContentFault.VerificationFailed, await rig.FaultOfAsync(new ContentKey(wrong)));
        }

        var deep = new ReadCapability(Block, 200, capability.RootReference, capability.RootKey);
        Assert.Equal(ContentFault.VerificationFailed, await rig.FaultOfAsync(new ContentKey(deep)));
        Pump.Run(rig.Time, async () =>
        {
            rig.Stores.Set(rig.Stores.Ring.Stores.First(), StoreMood.Dead);
            Assert.Equal(ContentFault.TooFewShares, await rig.FaultOfAsync(new ContentKey(unknown)));
            rig.Stores.SetAll(StoreMood.Dead);
            Assert.Equal(ContentFault.TooFewShares, await rig.FaultOfAsync(new ContentKey(capability)));
            rig.Stores.Ring = TestRing.Of(0);
            Assert.Equal(ContentFault.TooFewShares, await rig.FaultOfAsync(new ContentKey(capability)));
        });
    }

    [Fact]
    public async Task Requests_are_many_at_a_time_and_never_more_than_the_window()
    {
        ContentRig rig = new(stores: 60);
        var content = ContentRig.Bytes(8 << 20);
        var publication = await rig.PublishAsync(content);
        Assert.InRange(rig.Stores.MostInFlight, 1, 256);
        rig.Stores.MostInFlight = 0;
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        MemoryStores stores = rig.Stores;
        await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);

        // The tree is there then; the first stripe would be read without it.
        await opened.CopyRangeAsync(6 << 20, 1, Stream.Null, Cancelled);
        stores.Gate = gate.Task;
        MemoryStream output = new();
        var copy = opened.CopyRangeAsync(0, content.Length, output, Cancelled);
        while (stores.InFlight < 64) await Task.Yield();
        Assert.InRange(stores.InFlight, 64, 128);
        gate.SetResult();
        await copy;
        Assert.Equal(content, output.ToArray());
        Assert.InRange(stores.MostInFlight, 64, 128);
    }

    [Fact]
    public async Task A_range_that_comes_back_is_not_fetched_again()
    {
        ContentRig rig = new(stores: 12);
        var publication = await rig.PublishAsync(ContentRig.Bytes(1 << 20));
        await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
        await opened.CopyRangeAsync(0, opened.Length, Stream.Null, Cancelled);
        var requests = rig.Stores.Requests;
        await opened.CopyRangeAsync(5, 900_000, Stream.Null, Cancelled);

        // The stripe beyond the end, one block, may still have been on its way.
        Assert.InRange(rig.Stores.Requests - requests, 0, 1);
    }

    [Fact]
    public async Task A_reader_that_gives_up_does_not_hurt_the_next_and_disposing_leaves_nothing_running()
    {
        ContentRig rig = new(stores: 12);
        var content = ContentRig.Bytes(3 << 20);
        var publication = await rig.PublishAsync(content);
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
        rig.Stores.Gate = gate.Task;
        using CancellationTokenSource impatient = new();
        var first = opened.CopyRangeAsync(0, content.Length, Stream.Null, impatient.Token);
        MemoryStream output = new();
        var second = opened.CopyRangeAsync(0, content.Length, output, Cancelled);
        impatient.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();
        await second;
        Assert.Equal(content, output.ToArray());

        await opened.DisposeAsync();
        await opened.DisposeAsync();
        opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
        rig.Stores.Gate = new TaskCompletionSource().Task;
        var third = opened.CopyRangeAsync(0, content.Length, Stream.Null, Cancelled);
        while (rig.Stores.InFlight == 0) await Task.Yield();
        await opened.DisposeAsync();
        Assert.Equal(0, rig.Stores.InFlight);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => opened.CopyRangeAsync(0, 1, Stream.Null, Cancelled));
    }

    [Fact]
    public async Task The_entity_tag_is_of_the_bytes_alone()
    {
        ContentRig rig = new(stores: 5);
        var content = ContentRig.Bytes(1000);
        var tags = new List<string>();
        foreach (var name in new[] { "a.txt", "b.mp4" })
        {
            var publication = await rig.PublishAsync(content, name);
            await using var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
            tags.Add(opened.EntityTag);
        }

        Assert.Equal(tags[0], tags[1]);
        content[0] ^= 1;
        var changed = await rig.PublishAsync(content);
        await using var other = await rig.Reader.OpenAsync(changed.Key, ContentRig.Group, Cancelled);
        Assert.NotEqual(tags[0], other.EntityTag);
    }
}

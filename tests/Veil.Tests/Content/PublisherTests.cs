using Veil.Content.Eris;
using Veil.Content.Manifests;
using Veil.Content.Publishing;
using Veil.Content.Stripes;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

public sealed class PublisherTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_root_is_stored_last_in_a_group_of_its_own_and_data_in_another_than_inner_blocks()
    {
        ContentRig rig = new(stores: 30);
        var publication = await rig.PublishAsync(ContentRig.Bytes(2 << 20));
        var stored = rig.Stores.Stored.ToArray();
        Assert.Equal(3, stored.Select(entry => entry.Group).Distinct().Count());
        var root = stored[^10..];
        Assert.All(root, entry => Assert.Equal(publication.Key.Capability.RootReference, entry.Reference));
        Assert.DoesNotContain(stored[..^10], entry => entry.Group == root[0].Group);
        Assert.True(StripeMap.TryParse(rig.Decode(publication.RepairCapability), out var map));
        var data = Enumerable.Range(0, (int)map!.Plan.Count).SelectMany(stripe => map.Shares(stripe)).ToHashSet();
        Assert.Single(stored.Where(entry => data.Contains(entry.Reference)).Select(entry => entry.Group).Distinct());
        var inner = stored[..^10].Where(entry => !data.Contains(entry.Reference)).Select(entry => entry.Group);
        Assert.Single(inner.Distinct());
    }

    [Fact]
    public async Task The_order_on_the_wire_is_not_the_order_of_the_file()
    {
        ContentRig rig = new(stores: 60);
        var publication = await rig.PublishAsync(ContentRig.Bytes((16 * 32768) - 1));
        Assert.True(StripeMap.TryParse(rig.Decode(publication.RepairCapability), out var map));
        var shares = map!.Shares(0);
        var order = rig.Stores.Stored.Select(entry => Array.IndexOf(shares, entry.Reference)).Where(at => at >= 0);
        Assert.NotEqual(Enumerable.Range(0, 48), order);
    }

    [Fact]
    public async Task With_a_third_of_the_stores_dead_or_full_every_share_finds_another_place()
    {
        ContentRig rig = new(stores: 30);
        RelayId[] stores = [.. rig.Stores.Ring.Stores];
        rig.Decisions.Shuffle<RelayId>(stores);
        foreach (var store in stores[..5]) rig.Stores.Set(store, StoreMood.Dead);
        foreach (var store in stores[5..10]) rig.Stores.Set(store, StoreMood.Full);
        var content = ContentRig.Bytes(2 << 20);
        var publication = await rig.PublishAsync(content);
        Assert.Equal(publication.Counts.Shares, publication.Counts.SharesAcknowledged);
        Assert.InRange(publication.Redundancy.Stores, 17, 20);
        Assert.Equal(content, await rig.FetchAsync(publication.Key));
    }

    [Theory]
    [InlineData(4, 20)]
    [InlineData(30, 20)]
    [InlineData(30, 5000)]
    public void Circuits_that_break_with_all_that_is_under_way_move_nothing_to_another_store(int stores, int after)
    {
        ContentRig rig = new(stores);
        rig.Stores.Latency = TimeSpan.FromMilliseconds(after);
        rig.Stores.SetAll(StoreMood.Flaky);
        Pump.Run(rig.Time, async () =>
        {
            var publication = await rig.PublishAsync(ContentRig.Bytes(2 << 20));
            Assert.Equal(publication.Counts.Shares, publication.Counts.SharesAcknowledged);
            Assert.True(StripeMap.TryParse(rig.Decode(publication.RepairCapability), out var map));
            var holdings = rig.Stores.Holdings.ToHashSet();
            for (var stripe = 0; stripe < map!.Plan.Count; stripe++)
            {
                var shares = map.Shares(stripe);
                var places = Placement.OfStripe(rig.Stores.Ring, shares, shares.Length);
                Assert.All(places.Zip(shares), place => Assert.Contains(place, holdings));
            }
        });
    }

    [Fact]
    public void Where_no_other_store_stands_in_one_that_failed_gets_its_copy_after_a_moment()
    {
        ContentRig rig = new(stores: 4);
        rig.Stores.Latency = TimeSpan.FromMilliseconds(20);
        rig.Stores.FlakyTimes = 2;
        rig.Stores.Set(rig.Stores.Ring.Stores.First(), StoreMood.Flaky);
        Pump.Run(rig.Time, async () =>
        {
            var publication = await rig.PublishAsync([]);
            Assert.Equal(publication.Counts.Shares, publication.Counts.SharesAcknowledged);
        });
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    [InlineData(6, 4)]
    [InlineData(100, 9)]
    public async Task The_report_says_how_many_stores_may_be_lost_and_it_is_so(int stores, int mayBeLost)
    {
        ContentRig rig = new(stores);
        var content = ContentRig.Bytes((32 * 32768) - 1);
        var publication = await rig.PublishAsync(content);
        Assert.Equal(mayBeLost, publication.Redundancy.StoresThatMayBeLost);
        RelayId[] order = [.. rig.Stores.Ring.Stores];
        rig.Decisions.Shuffle<RelayId>(order);
        foreach (var store in order.Take(mayBeLost)) rig.Stores.Set(store, StoreMood.Dead);
        Assert.Equal(content, await rig.FetchAsync(publication.Key));
    }

    [Theory]
    [InlineData(StoreMood.Full, PublishFault.StoresFull)]
    [InlineData(StoreMood.Dead, PublishFault.TooFewAcknowledged)]
    public void Where_no_store_takes_anything_the_publication_fails_and_says_why(
        object mood, PublishFault expected)
    {
        ContentRig rig = new(stores: 8);
        rig.Stores.SetAll((StoreMood)mood);
        Pump.Run(rig.Time, async () =>
        {
            var fault = await Assert.ThrowsAsync<PublishException>(() => rig.PublishAsync(ContentRig.Bytes(5 << 20)));
            Assert.Equal(expected, fault.Fault);
            Assert.Equal(0, rig.Stores.InFlight);
            rig.Stores.Ring = TestRing.Of(0);
            fault = await Assert.ThrowsAsync<PublishException>(() => rig.PublishAsync([]));
            Assert.Equal(PublishFault.NoStores, fault.Fault);
        });
    }

    [Theory]
    [InlineData(100_000, 100_001, "shrank")]
    [InlineData(100_000, 99_999, "grew")]
    [InlineData(65_536, 0, "grew")]
    public async Task A_source_of_another_length_is_not_published(int actual, int claimed, string says)
    {
        ContentRig rig = new(stores: 12);
        PublishSource source = new(new MemoryStream(ContentRig.Bytes(actual)), claimed, "a");
        var fault = await Assert.ThrowsAsync<PublishException>(
            () => rig.Publisher.PublishAsync(source, new PublishOptions(), null, Cancelled));
        Assert.Equal(PublishFault.SourceChanged, fault.Fault);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_convergent_publication_is_the_same_for_everybody_and_others_never_are()
    {
        var content = ContentRig.Bytes(70_000);
        PublishOptions convergent = new() { Convergent = true };
        var first = await new ContentRig(5, seed: 1).PublishAsync(content, options: convergent);
        var second = await new ContentRig(9, seed: 2).PublishAsync(content, options: convergent);
        Assert.Equal(first.Key, second.Key);
        ContentRig rig = new(5);
        Assert.NotEqual((await rig.PublishAsync(content)).Key, (await rig.PublishAsync(content)).Key);
        Assert.NotEqual((await rig.PublishAsync(content)).Key, first.Key);
    }

    [Fact]
    public async Task The_published_vector_is_what_comes_out()
    {
        var vector = SpecVectors.Read("manifest").GetProperty("publication");
        var publication = await new ContentRig(12).PublishAsync(
            vector.Hex("content"), vector.GetProperty("name").GetString()!, new PublishOptions { Convergent = true });
        Assert.Equal(vector.GetProperty("key").GetString(), publication.Key.Format());
        Assert.Equal(vector.GetProperty("repair").GetString(), publication.RepairCapability.FormatUrn());
    }

    [Fact]
    public async Task Memory_is_bounded_by_the_window_whatever_the_stores_do()
    {
        ContentRig rig = new(stores: 60);
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Stores.Gate = gate.Task;
        const long length = 64 << 20;
        CountingStream content = new(length);
        PublishSource source = new(content, length, "big");
        var publish = rig.Publisher.PublishAsync(source, new PublishOptions(), null, Cancelled);
        while (rig.Stores.InFlight < 256) await Task.Yield();

        // The stores answer nothing: what was read is what fits into the stripes in memory.
        Assert.InRange(content.Taken, 1, 8 * 16 * 32768);
        gate.SetResult();
        var publication = await publish;
        Assert.Equal(length, publication.Bytes);
        Assert.InRange(rig.Stores.MostInFlight, 192, 256);
    }

    [Fact]
    public async Task Giving_up_ends_every_request()
    {
        ContentRig rig = new(stores: 60);
        rig.Stores.Gate = new TaskCompletionSource().Task;
        using CancellationTokenSource stop = new();
        PublishSource source = new(new MemoryStream(ContentRig.Bytes(4 << 20)), 4 << 20, "a");
        var publish = rig.Publisher.PublishAsync(source, new PublishOptions(), null, stop.Token);
        while (rig.Stores.InFlight < 256) await Task.Yield();
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publish);
        Assert.Equal(0, rig.Stores.InFlight);
        Assert.Empty(rig.Stores.Holdings);
    }

    [Fact]
    public async Task Progress_ends_at_everything()
    {
        ContentRig rig = new(stores: 12);
        var content = ContentRig.Bytes(3 << 20);
        List<PublishProgress> seen = [];
        await rig.Publisher.PublishAsync(
            new PublishSource(new MemoryStream(content), content.Length, "a"),
            new PublishOptions(),
            seen.Add,
            Cancelled);
        Assert.Equal(content.Length, seen[^1].BytesRead);
        Assert.Equal(seen[^1].SharesTotal, seen[^1].SharesAcknowledged);
        Assert.True(seen.Count > 6);
    }

    [Fact]
    public async Task A_file_on_disk_is_published_under_its_name_and_refused_when_it_changes()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("veil-test-");
        try
        {
            var path = Path.Combine(folder.FullName, "film.webm");

            // More than the window of publishing: some of it is read after the change.
            var content = ContentRig.Bytes(12 << 20);
            await File.WriteAllBytesAsync(path, content, Cancelled);
            ContentRig rig = new(stores: 12);
            var publication = await rig.Publisher.PublishFileAsync(path, new PublishOptions(), null, Cancelled);
            Assert.Equal("film.webm", publication.Name);
            Assert.Equal(content, await rig.FetchAsync(publication.Key));

            TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
            rig.Stores.Gate = gate.Task;
            var publish = rig.Publisher.PublishFileAsync(path, new PublishOptions(), null, Cancelled);
            while (rig.Stores.InFlight < 48) await Task.Yield();
            File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(3));
            gate.SetResult();
            var fault = await Assert.ThrowsAsync<PublishException>(() => publish);
            Assert.Equal(PublishFault.SourceChanged, fault.Fault);
            Assert.DoesNotContain("film", fault.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Zeros of a given length that remembers how far it was read.</summary>
    private sealed class CountingStream(long length) : MemoryStream
    {
        private long _read;

        public long Taken => Interlocked.Read(ref _read);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var take = (int)Math.Min(buffer.Length, length - Taken);
            buffer.Span[..take].Clear();

            // Not all zeros, or every block would be the same.
            if (take >= 8) BitConverter.TryWriteBytes(buffer.Span, Taken);
            Interlocked.Add(ref _read, take);
            return ValueTask.FromResult(take);
        }
    }
}

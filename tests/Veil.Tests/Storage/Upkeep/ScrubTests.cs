using Veil.Storage.Blocks;
using Veil.Storage.Segments;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage.Upkeep;

/// <summary>Blocks that are read again and compared (spec/store.md, section 11).</summary>
public sealed class ScrubTests : IDisposable
{
    private const int Slots = 5;

    private readonly StoreRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Every_block_is_read_once_and_damaged_ones_are_taken_out()
    {
        await using var store = await FillAsync(17);
        Damage(file: 0, slot: 2);
        Damage(file: 2, slot: 4);

        var steps = await ScrubAsync(store, most: 3);

        Assert.Equal((17, 2), (steps.Sum(step => step.Checked), steps.Sum(step => step.Bad)));
        Assert.All(steps, step => Assert.InRange(step.Checked, 0, 3));
        Assert.Equal(15, store.BlockCount);
        Assert.Equal((2, 17), (store.Counters.CorruptBlocks, store.Counters.ScrubbedBlocks));
        Assert.False(await StoreRig.HasAsync(store, 2));
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 2));
        Assert.True(await StoreRig.HasAsync(store, 2));
    }

    [Fact]
    public async Task A_pass_goes_on_from_any_place_after_a_restart()
    {
        ScrubStep first;
        await using (var store = await FillAsync(17))
        {
            first = await store.ScrubAsync(default, 7, StoreRig.Cancellation);
        }

        await using var again = await OpenAsync();
        var rest = await ScrubAsync(again, most: 4, first.Next);

        Assert.Equal(7, first.Checked);
        Assert.Equal(10, rest.Sum(step => step.Checked));
    }

    [Fact]
    public async Task A_header_that_rotted_while_the_store_runs_does_not_hide_a_damaged_block()
    {
        await using var store = await FillAsync(4);
        var file = _rig.Files("*.blocks")[0];
        DiskDamage.Flip(file, SegmentLayout.HeaderOffset(1) + 20);
        DiskDamage.Flip(file, SegmentLayout.HeaderOffset(2) + 20);
        DiskDamage.Flip(file, SegmentLayout.PayloadOffset(2) + 20);

        var steps = await ScrubAsync(store, most: 10);

        Assert.Equal((4, 1), (steps.Sum(step => step.Checked), steps.Sum(step => step.Bad)));
        Assert.True(await StoreRig.HasAsync(store, 1));
        Assert.False(await StoreRig.HasAsync(store, 2));
    }

    [Fact]
    public async Task Blocks_that_move_meanwhile_are_not_taken_for_damaged()
    {
        await using var store = await OpenAsync();
        for (var seed = 0; seed < 80; seed++)
        {
            await _rig.PutAsync(store, seed, days: (ushort)(seed % 3 == 0 ? 60 : 1));
        }

        _rig.Time.Advance(TimeSpan.FromDays(2));
        await store.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation);
        var compacting = CompactAsync(store);
        while (!compacting.IsCompleted)
        {
            await ScrubAsync(store, most: 2);
        }

        await compacting;
        Assert.Equal((27, 0), (store.BlockCount, store.Counters.CorruptBlocks));
    }

    [Fact]
    public async Task Blocks_are_listed_once_in_parts_with_their_leases()
    {
        await using var store = await FillAsync(13);
        await _rig.PutAsync(store, 4, days: 60);

        var listed = new List<StoredBlock>();
        var place = default(StorePosition);
        while (true)
        {
            var part = await store.ListAsync(place, 4, StoreRig.Cancellation);
            Assert.InRange(part.Blocks.Count, 0, 4);
            listed.AddRange(part.Blocks);
            place = part.Next;
            if (part.IsEnd) break;
        }

        Assert.Equal(Enumerable.Range(0, 13).Select(StoreRig.RefOf), listed.Select(block => block.Reference));
        Assert.Equal(_rig.Lease(60).EndUnixSeconds, listed[4].LeaseEndUnixSeconds);
        Assert.Equal(_rig.Lease(10).EndUnixSeconds, listed[5].LeaseEndUnixSeconds);
    }

    private static async Task<List<ScrubStep>> ScrubAsync(SegmentStore store, int most, StorePosition from = default)
    {
        List<ScrubStep> steps = [];
        do
        {
            steps.Add(await store.ScrubAsync(
                steps.Count == 0 ? from : steps[^1].Next, most, StoreRig.Cancellation));
            Assert.True(steps.Count < 1000, "a scrub does not end");
        }
        while (!steps[^1].IsEnd);

        return steps;
    }

    private static async Task CompactAsync(SegmentStore store)
    {
        while ((await store.CompactAsync(StoreRig.Cancellation)).HasMore)
        {
        }
    }

    private void Damage(int file, int slot) =>
        DiskDamage.Flip(_rig.Files("*.blocks").Order().ElementAt(file), SegmentLayout.PayloadOffset(slot) + 1000);

    private async Task<SegmentStore> FillAsync(int count)
    {
        var store = await OpenAsync();
        for (var seed = 0; seed < count; seed++)
        {
            await _rig.PutAsync(store, seed, days: 10);
        }

        return store;
    }

    private Task<SegmentStore> OpenAsync() => _rig.OpenAsync(_rig.Options(slots: Slots) with
    {
        CompactionStepBytes = 2 * StoreLayout.BlockBytes,
    });
}

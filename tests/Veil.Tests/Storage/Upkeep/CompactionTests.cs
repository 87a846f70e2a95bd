using Veil.Storage.Blocks;
using Veil.Storage.Segments;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage.Upkeep;

/// <summary>Space that comes back in small steps while a store works (spec/store.md, section 10).</summary>
public sealed class CompactionTests : IDisposable
{
    private const int Slots = 8;
    private const int StepBlocks = 2;

    private readonly StoreRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task The_space_of_expired_blocks_comes_back_and_every_live_block_stays()
    {
        await using (var store = await OpenAsync())
        {
            await FillAsync(store, 60, isLong: seed => seed % 3 == 0);
            await ExpireAsync(store, days: 2);
            var before = store.Bytes;

            var steps = await CompactAsync(store);

            Assert.All(steps, step => Assert.InRange(step.CopiedBytes, 0, StepBlocks * StoreLayout.BlockBytes));
            Assert.Equal(before - store.Bytes, steps.Sum(step => step.FreedBytes));
            Assert.Equal(_rig.FileBytes(), store.Bytes);
            Assert.Equal(20, store.BlockCount);
            Assert.True(store.Bytes < before / 2, $"{store.Bytes} of {before} bytes");
            Assert.InRange(store.Counters.MovedBlocks, 10, 30);
            await RequireAsync(store, 60, seed => seed % 3 == 0);
        }

        await using var again = await OpenAsync();
        Assert.Equal(20, again.BlockCount);
        Assert.Equal(0, again.Counters.DamagedRecords + again.Counters.TornBytes + again.Counters.CorruptBlocks);
        await RequireAsync(again, 60, seed => seed % 3 == 0);
    }

    [Fact]
    public async Task A_segment_without_a_live_block_goes_at_once_and_nothing_is_copied()
    {
        await using var store = await OpenAsync();
        await FillAsync(store, Slots * 3, isLong: seed => seed is >= Slots and < Slots * 2);

        await ExpireAsync(store, days: 2);
        await CompactAsync(store);

        Assert.Single(_rig.Files("*.blocks"));
        Assert.Equal(0, store.Counters.MovedBlocks);
    }

    [Fact]
    public async Task The_segment_that_is_written_to_and_those_that_are_mostly_live_are_left_alone()
    {
        await using var store = await OpenAsync();
        await FillAsync(store, Slots + 4, isLong: seed => seed is < Slots - 2 or Slots);
        await ExpireAsync(store, days: 2);
        var before = _rig.FileBytes();

        var step = await store.CompactAsync(StoreRig.Cancellation);

        Assert.Equal(default, step);
        Assert.Equal(before, _rig.FileBytes());
    }

    [Fact]
    public async Task A_lease_that_was_renewed_before_or_after_the_move_holds_after_a_restart()
    {
        await using (var store = await OpenAsync())
        {
            await FillAsync(store, 30, isLong: _ => false);
            for (var seed = 0; seed < 30; seed += 3)
            {
                await _rig.PutAsync(store, seed, days: 20);
            }

            await ExpireAsync(store, days: 2);
            await CompactAsync(store);
            for (var seed = 0; seed < 30; seed += 6)
            {
                Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(store, seed, days: 60));
            }
        }

        await using var again = await OpenAsync();
        await RequireAsync(again, 30, seed => seed % 3 == 0);
        await ExpireAsync(again, days: 30);
        await RequireAsync(again, 30, seed => seed % 6 == 0);
    }

    [Fact]
    public async Task A_store_that_is_full_to_its_quota_wins_space_back_and_never_exceeds_it()
    {
        const long quota = 64L * 1024 * 1024;
        await using var store = await OpenAsync(quota);
        var stored = 0;
        while (await _rig.PutAsync(store, stored, days: (ushort)(stored % 2 == 0 ? 60 : 1)) == PutOutcome.Stored)
        {
            stored++;
        }

        await ExpireAsync(store, days: 2);
        while ((await store.CompactAsync(StoreRig.Cancellation)).HasMore)
        {
            Assert.InRange(store.Bytes, 0, quota);
            Assert.Equal(_rig.FileBytes(), store.Bytes);
        }

        Assert.InRange(store.Bytes, 0, quota * 6 / 10);
        await RequireAsync(store, stored, seed => seed % 2 == 0);
    }

    [Fact]
    public async Task Reads_find_every_block_while_it_moves_and_puts_and_renewals_go_on()
    {
        await using var store = await OpenAsync();
        await FillAsync(store, 120, isLong: seed => seed % 3 == 0);
        await ExpireAsync(store, days: 2);
        using var stop = new CancellationTokenSource();

        // Each on a thread of its own: a read of what the system has in memory completes at once.
        var readers = Enumerable.Range(0, 3)
            .Select(_ => Task.Run(() => ReadOnAsync(store, 120, stop.Token), StoreRig.Cancellation)).ToArray();
        var next = 1000;
        while ((await store.CompactAsync(StoreRig.Cancellation)).HasMore)
        {
            Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, next++));
            Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(store, next % 40 * 3, days: 60));
        }

        stop.Cancel();
        Assert.True((await Task.WhenAll(readers)).Sum() > 0, "something was read");
        Assert.Equal(0, store.Counters.CorruptBlocks);
        Assert.Equal(40 + next - 1000, store.BlockCount);
    }

    [Fact]
    public async Task A_damaged_block_is_not_copied_and_the_others_are()
    {
        await using var store = await OpenAsync();
        await FillAsync(store, Slots + 1, isLong: seed => seed is 1 or 5 or Slots);
        await ExpireAsync(store, days: 2);
        DiskDamage.Flip(_rig.Files("*.blocks").Order().First(), SegmentLayout.PayloadOffset(1) + 77);

        await CompactAsync(store);

        Assert.False(await StoreRig.HasAsync(store, 1));
        Assert.True(await StoreRig.HasAsync(store, 5));
        Assert.Equal((2, 1), (store.BlockCount, store.Counters.CorruptBlocks));
    }

    [Theory]
    [InlineData(nameof(DiskStep.WriteBlocks))]
    [InlineData(nameof(DiskStep.FlushBlocks))]
    [InlineData(nameof(DiskStep.CutSegment))]
    [InlineData(nameof(DiskStep.DeleteSegment))]
    public async Task A_disk_that_fails_in_a_step_loses_nothing_and_the_next_step_goes_on(string failing)
    {
        var fails = false;
        await using (var store = await _rig.OpenAsync(Options() with
        {
            OnStep = step =>
            {
                if (fails && $"{step}" == failing) throw new IOException("the disk failed");
            },
        }))
        {
            await FillAsync(store, 40, isLong: seed => seed % 2 == 1);
            await ExpireAsync(store, days: 2);
            fails = true;
            for (var step = 0; step < 5; step++)
            {
                await store.CompactAsync(StoreRig.Cancellation);
                await RequireAsync(store, 40, seed => seed % 2 == 1);
                Assert.Equal(_rig.FileBytes(), store.Bytes);
            }

            Assert.True(store.Counters.WriteErrors > 0, "it failed");
            fails = false;
            await CompactAsync(store);
            Assert.InRange(_rig.Files("*.blocks").Length, 1, 4);
        }

        await using var again = await OpenAsync();
        await RequireAsync(again, 40, seed => seed % 2 == 1);
    }

    [Fact]
    public async Task A_quota_that_was_lowered_below_what_is_used_does_not_keep_space_from_coming_back()
    {
        await using var store = await OpenAsync();
        await FillAsync(store, 80, isLong: seed => seed % 2 == 0);
        store.SetQuota(1024 * 1024);
        await ExpireAsync(store, days: 2);
        var before = store.Bytes;

        await CompactAsync(store);

        Assert.True(store.Bytes < before * 7 / 10, $"{store.Bytes} of {before} bytes");
        await RequireAsync(store, 80, seed => seed % 2 == 0);
    }

    private static async Task<long> ReadOnAsync(SegmentStore store, int count, CancellationToken stop)
    {
        long read = 0;

        // Once at least, also where its thread began when all was done.
        do
        {
            for (var seed = 0; seed < count; seed += 3)
            {
                Assert.True(await StoreRig.HasAsync(store, seed), $"block {seed} was missed");
                read++;
            }
        }
        while (!stop.IsCancellationRequested);

        return read;
    }

    private static async Task<List<CompactionStep>> CompactAsync(SegmentStore store)
    {
        List<CompactionStep> steps = [];
        do
        {
            steps.Add(await store.CompactAsync(StoreRig.Cancellation));
            Assert.True(steps.Count < 1000, "compaction does not end");
        }
        while (steps[^1].HasMore);

        return steps;
    }

    private static async Task RequireAsync(SegmentStore store, int count, Func<int, bool> isThere)
    {
        for (var seed = 0; seed < count; seed++)
        {
            Assert.True(isThere(seed) == await StoreRig.HasAsync(store, seed), $"block {seed}");
        }
    }

    private async Task FillAsync(SegmentStore store, int count, Func<int, bool> isLong)
    {
        for (var seed = 0; seed < count; seed++)
        {
            Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, seed, days: (ushort)(isLong(seed) ? 60 : 1)));
        }
    }

    private async Task ExpireAsync(SegmentStore store, int days)
    {
        _rig.Time.Advance(TimeSpan.FromDays(days));
        await store.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation);
    }

    private SegmentStoreOptions Options(long quota = 256L * 1024 * 1024) =>
        _rig.Options(quota, Slots) with { CompactionStepBytes = StepBlocks * StoreLayout.BlockBytes };

    private Task<SegmentStore> OpenAsync(long quota = 256L * 1024 * 1024) => _rig.OpenAsync(Options(quota));
}

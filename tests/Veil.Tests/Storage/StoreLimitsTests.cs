using Veil.Simulation.Storage;
using Veil.Storage;
using Veil.Storage.Blocks;
using Veil.Storage.Segments;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>How much of a disk a store takes, while that changes (spec/store.md, section 4).</summary>
public sealed class StoreLimitsTests : IDisposable
{
    private const long MiB = 1024 * 1024;

    private readonly StoreRig _rig = new();

    public enum Kind
    {
        Segments,
        Memory,
    }

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(Kind.Segments)]
    [InlineData(Kind.Memory)]
    public async Task A_raised_quota_takes_effect_at_once(Kind kind)
    {
        await using var store = await OpenAsync(kind, 2 * MiB);
        var first = await FillAsync(store, 0);

        store.SetQuota(4 * MiB);

        Assert.Equal(4 * MiB, store.Quota);
        Assert.Null(store.Trouble);
        var second = await FillAsync(store, first);
        Assert.InRange(second - first, 50, 70);
        Assert.InRange(store.Bytes, 3 * MiB, 4 * MiB);
    }

    [Theory]
    [InlineData(Kind.Segments)]
    [InlineData(Kind.Memory)]
    public async Task Below_what_is_used_new_blocks_are_refused_and_those_with_a_lease_stay_and_are_renewed(Kind kind)
    {
        await using var store = await OpenAsync(kind, 8 * MiB);
        var count = await FillAsync(store, 0, days: 10);
        var bytes = store.Bytes;

        store.SetQuota(MiB);

        Assert.Equal(PutOutcome.Full, await _rig.PutAsync(store, count));
        for (var seed = 0; seed < count; seed++)
        {
            Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(store, seed, days: 60));
        }

        _rig.Time.Advance(TimeSpan.FromDays(50));
        Assert.Equal(0, await store.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation));
        Assert.Equal(count, store.BlockCount);
        Assert.True(await StoreRig.HasAsync(store, count - 1));
        Assert.InRange(store.Bytes, bytes, bytes + ((1024 + (3L * count) + 2) * 64));

        _rig.Time.Advance(TimeSpan.FromDays(11));
        Assert.Equal(count, await store.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation));
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, count));
        Assert.InRange(store.Bytes, 0, MiB);
    }

    [Fact]
    public async Task Renewals_go_on_under_a_lowered_quota_however_many_there_are()
    {
        await using var store = await _rig.OpenAsync(_rig.Options(quota: 8 * MiB));
        var count = await FillAsync(store, 0, days: 1);
        store.SetQuota(MiB);
        for (var round = 1; round <= 30; round++)
        {
            _rig.Time.Advance(TimeSpan.FromHours(1));
            for (var seed = 0; seed < count; seed++)
            {
                Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(store, seed, days: 30));
            }

            Assert.Equal(_rig.FileBytes(), store.Bytes);
            Assert.InRange(store.Bytes, 0, 8 * MiB);
        }
    }

    [Fact]
    public async Task A_store_opens_under_a_quota_that_is_lower_than_what_it_holds()
    {
        int count;
        await using (var store = await _rig.OpenAsync(_rig.Options(quota: 4 * MiB)))
        {
            count = await FillAsync(store, 0, days: 10);
            await _rig.PutAsync(store, 0, days: 60);
        }

        await using var again = await _rig.OpenAsync(_rig.Options(quota: MiB));

        Assert.Equal(count, again.BlockCount);
        Assert.Equal(PutOutcome.Full, await _rig.PutAsync(again, count));
        Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(again, 1, days: 60));
    }

    [Fact]
    public async Task Why_a_block_is_refused_is_told_until_one_is_taken()
    {
        await using var store = await _rig.OpenAsync(_rig.Options(quota: MiB));
        Assert.Null(store.Trouble);
        var count = await FillAsync(store, 0);

        Assert.Equal(StorageFault.QuotaReached, store.Trouble!.Fault);
        Assert.Contains("raise it", store.Trouble.Message, StringComparison.Ordinal);

        store.SetQuota(2 * MiB);
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, count));
        Assert.Null(store.Trouble);
    }

    [Fact]
    public async Task A_quota_that_no_store_can_work_with_is_refused_and_the_old_one_stays()
    {
        await using var store = await _rig.OpenAsync(_rig.Options(quota: 4 * MiB));

        Assert.Throws<ArgumentOutOfRangeException>(() => store.SetQuota(MiB - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.SetQuota(long.MaxValue));

        Assert.Equal(4 * MiB, store.Quota);
    }

    [Fact]
    public async Task What_the_reserve_leaves_of_the_disk_is_taken_and_no_more()
    {
        const long Disk = 10 * MiB;
        var others = 0L;
        await using var store = await _rig.OpenAsync(_rig.Options() with
        {
            ReserveBytes = 2 * MiB,
            FreeBytes = () => Disk - others - _rig.FileBytes(),
        });

        var count = await FillAsync(store, 0);

        Assert.InRange(store.Bytes, (8 * MiB) - StoreLayout.BlockBytes - SegmentLayout.TableBytes, 8 * MiB);
        Assert.Equal(StorageFault.DiskFull, store.Trouble!.Fault);
        Assert.Contains("free some space", store.Trouble.Message, StringComparison.Ordinal);
        Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(store, 0, days: 60));
        Assert.True(await StoreRig.HasAsync(store, count - 1));

        // Others take of the disk, and give it back.
        others = 5 * MiB;
        Assert.Equal(PutOutcome.Full, await _rig.PutAsync(store, count));
        others = -MiB;
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, count));
        Assert.Null(store.Trouble);
    }

    [Fact]
    public async Task The_reserve_is_256_MiB_or_a_hundredth_of_the_file_system_unless_set()
    {
        await using var store = await _rig.OpenAsync();

        Assert.InRange(store.ReserveBytes, 1, 256 * MiB);
    }

    // From seed first on; the seed of the first block that was not taken.
    private async Task<int> FillAsync(IBlockStore store, int first, ushort days = 60)
    {
        var seed = first;
        while (await _rig.PutAsync(store, seed, days) == PutOutcome.Stored)
        {
            seed++;
        }

        return seed;
    }

    private async Task<IBlockStore> OpenAsync(Kind kind, long quota) => kind == Kind.Memory
        ? new MemoryBlockStore(quota, _rig.Time)
        : await _rig.OpenAsync(_rig.Options(quota));
}

using Veil.Storage;
using Veil.Storage.Blocks;
using Veil.Storage.Segments;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>What a store makes of the files that it finds (spec/store.md, section 6).</summary>
public sealed class SegmentRecoveryTests : IDisposable
{
    private readonly StoreRig _rig = new();

    public void Dispose() => _rig.Dispose();

    public static TheoryData<long> OffsetsInTheLastBlock()
    {
        var data = new TheoryData<long>();
        foreach (var offset in (long[])[0, 1, 63, 64, 511, 512, 4095, 4096, 16_384, 32_704, 32_766, 32_767])
        {
            data.Add(offset);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(OffsetsInTheLastBlock))]
    public async Task A_crash_that_tears_the_last_block_loses_only_that(long kept)
    {
        await FillAsync(count: 5);
        DiskDamage.Truncate(_rig.OnlySegment, SegmentLayout.PayloadOffset(4) + kept);

        await using var store = await _rig.OpenAsync();

        Assert.Equal(4, store.BlockCount);
        Assert.Equal(kept, store.Counters.TornBytes);
        Assert.Equal(0, store.Counters.DamagedRecords);
        Assert.Equal(SegmentLayout.FileBytes(4), new FileInfo(_rig.OnlySegment).Length);
        await RequireAsync(store, present: 4);
        await RequireWritableAsync(store, seed: 4, count: 5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(47)]
    [InlineData(63)]
    public async Task A_half_written_header_loses_only_its_block(int writtenBytes)
    {
        await FillAsync(count: 5);
        DiskDamage.Overwrite(
            _rig.OnlySegment, SegmentLayout.HeaderOffset(4) + writtenBytes, new byte[64 - writtenBytes]);

        await using var store = await _rig.OpenAsync();

        Assert.Equal(4, store.BlockCount);
        Assert.Equal(StoreLayout.BlockBytes, store.Counters.TornBytes);
        await RequireAsync(store, present: 4);
        await RequireWritableAsync(store, seed: 4, count: 5);
    }

    [Fact]
    public async Task What_was_acknowledged_survives_a_crash_at_any_moment()
    {
        await using var store = await _rig.OpenAsync(_rig.Options(slots: 3));
        for (var seed = 0; seed < 8; seed++)
        {
            await _rig.PutAsync(store, seed, days: 1);
            await _rig.PutAsync(store, seed / 2, days: 60);
            using var disk = new StoreRig();
            _rig.CopyTo(disk);

            await using var found = await disk.OpenAsync(disk.Options(slots: 3));

            Assert.Equal(seed + 1, found.BlockCount);
            await RequireAsync(found, present: seed + 1);
            Assert.Equal(0, found.Counters.TornBytes);
            disk.Time.Advance(TimeSpan.FromDays(2));
            var renewed = (seed / 2) + 1;
            Assert.Equal(
                seed + 1 - renewed, await found.ExpireAsync(disk.Time.GetUtcNow(), StoreRig.Cancellation));
        }
    }

    [Fact]
    public async Task Headers_that_reached_the_disk_without_their_payload_are_forgotten()
    {
        await FillAsync(count: 8);
        DiskDamage.Overwrite(_rig.OnlySegment, SegmentLayout.PayloadOffset(5), new byte[StoreLayout.BlockBytes]);
        DiskDamage.Overwrite(_rig.OnlySegment, SegmentLayout.PayloadOffset(7), new byte[StoreLayout.BlockBytes]);

        await using var store = await _rig.OpenAsync();

        // The last is cut off; the one in the middle of the batch leaves a hole.
        Assert.Equal(6, store.BlockCount);
        Assert.Equal(SegmentLayout.FileBytes(7), new FileInfo(_rig.OnlySegment).Length);
        Assert.True(await StoreRig.HasAsync(store, 6));
        Assert.False(await StoreRig.HasAsync(store, 5));
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 5));
    }

    [Fact]
    public async Task A_flipped_bit_in_any_byte_of_a_header_loses_only_its_block()
    {
        await FillAsync(count: 3);
        var intact = await File.ReadAllBytesAsync(_rig.OnlySegment, StoreRig.Cancellation);
        for (var offset = 0; offset < SegmentLayout.RecordBytes; offset++)
        {
            DiskDamage.Flip(_rig.OnlySegment, SegmentLayout.HeaderOffset(1) + offset);
            await using (var store = await _rig.OpenAsync())
            {
                Assert.Equal(2, store.BlockCount);
                Assert.Equal(1, store.Counters.DamagedRecords);
                Assert.True(await StoreRig.HasAsync(store, 0));
                Assert.False(await StoreRig.HasAsync(store, 1));
                Assert.True(await StoreRig.HasAsync(store, 2));
            }

            await File.WriteAllBytesAsync(_rig.OnlySegment, intact, StoreRig.Cancellation);
        }
    }

    [Fact]
    public async Task A_damaged_start_record_loses_no_block_and_the_file_is_not_written_to_again()
    {
        await FillAsync(count: 3);
        var damaged = _rig.OnlySegment;
        DiskDamage.Flip(damaged, 5);
        var before = await File.ReadAllBytesAsync(damaged, StoreRig.Cancellation);

        await using (var store = await _rig.OpenAsync())
        {
            Assert.Equal(1, store.Counters.DamagedRecords);
            await RequireAsync(store, present: 3);
            Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 3));
            Assert.Equal(_rig.FileBytes(), store.Bytes);
        }

        Assert.Equal(2, _rig.Files("*.blocks").Length);
        Assert.Equal(before, await File.ReadAllBytesAsync(damaged, StoreRig.Cancellation));
    }

    [Fact]
    public async Task Foreign_files_are_counted_and_left_alone()
    {
        await FillAsync(count: 2);
        string[] names = ["notes.txt", "0000000z.blocks", "000000ff.blocks", "000000fe.leases", "1.blocks"];
        foreach (var name in names)
        {
            await File.WriteAllTextAsync(
                Path.Combine(_rig.Folder, name), new string('x', 700_000), StoreRig.Cancellation);
        }

        await using (var store = await _rig.OpenAsync())
        {
            Assert.Equal(names.Length, store.Counters.ForeignFiles);
            await RequireAsync(store, present: 2);
            await _rig.PutAsync(store, 2);
            await _rig.PutAsync(store, 0, days: 60);
        }

        Assert.All(names, name => Assert.Equal(700_000, new FileInfo(Path.Combine(_rig.Folder, name)).Length));
        await using var again = await _rig.OpenAsync();
        await RequireAsync(again, present: 3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(512 * 1024)]
    [InlineData(600 * 1024)]
    public async Task A_file_that_a_crash_left_blank_is_removed(int bytes)
    {
        await FillAsync(count: 2);
        var blank = Path.Combine(_rig.Folder, "00000002.blocks");
        await File.WriteAllBytesAsync(blank, new byte[bytes], StoreRig.Cancellation);

        await using var store = await _rig.OpenAsync();

        Assert.False(File.Exists(blank));
        Assert.Equal(0, store.Counters.ForeignFiles);
        await RequireAsync(store, present: 2);
        await RequireWritableAsync(store, seed: 2, count: 3);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(1000)]
    [InlineData(512 * 1024)]
    public async Task A_crash_just_after_a_segment_was_begun_loses_nothing(long length)
    {
        await FillAsync(count: 4, slots: 4);
        await FillAsync(count: 5, slots: 4);
        var newest = Path.Combine(_rig.Folder, "00000002.blocks");
        DiskDamage.Truncate(newest, length);

        await using var store = await _rig.OpenAsync(_rig.Options(slots: 4));

        await RequireAsync(store, present: 4);
        Assert.Equal(_rig.FileBytes(), store.Bytes);
        await RequireWritableAsync(store, seed: 4, count: 5);
    }

    [Fact]
    public async Task A_segment_of_a_newer_version_stops_the_opening_and_nothing_is_changed()
    {
        await FillAsync(count: 2);
        var record = new byte[64];
        new SegmentRecord(RecordKind.SegmentStart, 1, 0, default).Write(record);
        record[4] = SegmentRecord.Version + 1;
        Geralt.BLAKE2b.ComputeHash(record.AsSpan(48), record.AsSpan(0, 48));
        DiskDamage.Overwrite(_rig.OnlySegment, 0, record);
        var before = await File.ReadAllBytesAsync(_rig.OnlySegment, StoreRig.Cancellation);

        var refusal = await Assert.ThrowsAsync<StorageException>(() => _rig.OpenAsync());

        Assert.Equal(StorageFault.NewerVersion, refusal.Fault);
        Assert.Equal(before, await File.ReadAllBytesAsync(_rig.OnlySegment, StoreRig.Cancellation));
    }

    [Fact]
    public async Task A_torn_lease_log_loses_only_its_last_record_at_every_length()
    {
        await FillAsync(count: 3, days: 1);
        await using (var store = await _rig.OpenAsync())
        {
            for (var seed = 0; seed < 3; seed++)
            {
                await _rig.PutAsync(store, seed, days: 30);
            }
        }

        var log = Assert.Single(_rig.Files("*.leases"));
        var intact = await File.ReadAllBytesAsync(log, StoreRig.Cancellation);
        Assert.Equal(4 * 64, intact.Length);
        for (var length = 3 * 64; length < 4 * 64; length++)
        {
            using var copy = new StoreRig();
            _rig.CopyTo(copy);
            DiskDamage.Truncate(Path.Combine(copy.Folder, Path.GetFileName(log)), length);
            copy.Time.Advance(TimeSpan.FromDays(2));

            await using var store = await copy.OpenAsync();

            Assert.Equal(length - (3 * 64), store.Counters.TornBytes);
            await store.ExpireAsync(copy.Time.GetUtcNow(), StoreRig.Cancellation);
            await RequireAsync(store, present: 2);
            Assert.Equal(2, store.BlockCount);
        }
    }

    [Fact]
    public async Task A_flipped_bit_in_the_lease_log_loses_only_its_record()
    {
        await FillAsync(count: 3, days: 1);
        await using (var store = await _rig.OpenAsync())
        {
            for (var seed = 0; seed < 3; seed++)
            {
                await _rig.PutAsync(store, seed, days: 30);
            }
        }

        var log = Assert.Single(_rig.Files("*.leases"));
        DiskDamage.Flip(log, (2 * 64) + 20);
        DiskDamage.Flip(log, 3);
        _rig.Time.Advance(TimeSpan.FromDays(2));

        await using var again = await _rig.OpenAsync();

        Assert.Equal(2, again.Counters.DamagedRecords);
        await again.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation);
        Assert.True(await StoreRig.HasAsync(again, 0));
        Assert.False(await StoreRig.HasAsync(again, 1));
        Assert.True(await StoreRig.HasAsync(again, 2));
    }

    [Fact]
    public async Task A_clock_that_is_ahead_while_a_store_opens_costs_no_block()
    {
        await FillAsync(count: 3, days: 60);
        using var copy = new StoreRig();
        _rig.CopyTo(copy);
        copy.Time.Advance(TimeSpan.FromDays(365));

        await using var store = await copy.OpenAsync();

        Assert.Equal(3, store.BlockCount);
    }

    [Fact]
    public async Task Two_lease_logs_after_a_crash_become_one()
    {
        await FillAsync(count: 3, days: 1);
        await using (var store = await _rig.OpenAsync())
        {
            await _rig.PutAsync(store, 0, days: 30);
            await _rig.PutAsync(store, 1, days: 30);
        }

        var log = Assert.Single(_rig.Files("*.leases"));
        File.Copy(log, Path.Combine(_rig.Folder, "00000077.leases"));

        await using var again = await _rig.OpenAsync();

        var merged = Assert.Single(_rig.Files("*.leases"));
        Assert.Equal("00000078.leases", Path.GetFileName(merged));
        Assert.Equal(3 * 64, new FileInfo(merged).Length);
        Assert.Equal(_rig.FileBytes(), again.Bytes);
        _rig.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, await again.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation));
    }

    [Fact]
    public async Task A_block_stored_again_after_its_copy_rotted_counts_once_after_a_restart()
    {
        await FillAsync(count: 3);
        await using (var store = await _rig.OpenAsync())
        {
            DiskDamage.Flip(_rig.OnlySegment, SegmentLayout.PayloadOffset(1));
            Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 1, days: 1));
        }

        // The later lease of both copies counts.
        _rig.Time.Advance(TimeSpan.FromDays(2));
        await using var again = await _rig.OpenAsync();

        Assert.Equal(3, again.BlockCount);
        await RequireAsync(again, present: 3);
    }

    [Fact]
    public async Task Fewer_slots_than_a_segment_has_are_no_obstacle()
    {
        await FillAsync(count: 9, slots: 20);

        await using var store = await _rig.OpenAsync(_rig.Options(slots: 4));

        await RequireAsync(store, present: 9);
        await RequireWritableAsync(store, seed: 9, count: 10);
        Assert.Equal(2, _rig.Files("*.blocks").Length);
    }

    private async Task FillAsync(int count, ushort days = 60, int slots = 100)
    {
        await using var store = await _rig.OpenAsync(_rig.Options(slots: slots));
        for (var seed = 0; seed < count; seed++)
        {
            await _rig.PutAsync(store, seed, days);
        }
    }

    private static async Task RequireAsync(SegmentStore store, int present)
    {
        for (var seed = 0; seed < present; seed++)
        {
            Assert.True(await StoreRig.HasAsync(store, seed), $"block {seed} was acknowledged");
        }
    }

    private async Task RequireWritableAsync(SegmentStore store, int seed, int count)
    {
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, seed));
        Assert.True(await StoreRig.HasAsync(store, seed));
        Assert.Equal(count, store.BlockCount);
        Assert.Equal(_rig.FileBytes(), store.Bytes);
    }
}

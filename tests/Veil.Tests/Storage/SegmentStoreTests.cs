using Veil.Storage;
using Veil.Storage.Blocks;
using Veil.Storage.Segments;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>The store on disk while it is open (spec/store.md, sections 5 and 6).</summary>
public sealed class SegmentStoreTests : IDisposable
{
    private const int LinuxNoSpace = 28;

    private readonly StoreRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Blocks_of_many_segments_are_there_after_a_restart()
    {
        await using (var store = await _rig.OpenAsync(_rig.Options(slots: 4)))
        {
            for (var seed = 0; seed < 11; seed++)
            {
                Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, seed));
            }

            Assert.Equal(_rig.FileBytes(), store.Bytes);
        }

        Assert.Equal(3, _rig.Files("*.blocks").Length);
        await using var again = await _rig.OpenAsync(_rig.Options(slots: 4));
        Assert.Equal(11, again.BlockCount);
        Assert.Equal(_rig.FileBytes(), again.Bytes);
        Assert.Equal(new StoreCounters(), again.Counters);
        for (var seed = 0; seed < 11; seed++)
        {
            Assert.True(await StoreRig.HasAsync(again, seed));
        }

        // The last segment is written on, not begun anew.
        await _rig.PutAsync(again, 11);
        Assert.Equal(3, _rig.Files("*.blocks").Length);
    }

    [Fact]
    public async Task A_flush_covers_all_puts_that_wait_for_it()
    {
        using var go = new ManualResetEventSlim();
        using var reached = new SemaphoreSlim(0);
        var first = true;
        var options = _rig.Options() with
        {
            WriteQueue = 200,
            OnStep = step =>
            {
                if (first && step == DiskStep.FlushBlocks)
                {
                    first = false;
                    reached.Release();
                    go.Wait();
                }
            },
        };
        await using var store = await _rig.OpenAsync(options with { SlotsPerSegment = 8000 });

        var puts = new List<Task<PutOutcome>> { _rig.PutAsync(store, 0) };
        await reached.WaitAsync(StoreRig.Cancellation);
        puts.AddRange(Enumerable.Range(1, 130).Select(seed => _rig.PutAsync(store, seed)));
        Assert.DoesNotContain(puts, put => put.IsCompleted);
        go.Set();
        await Task.WhenAll(puts);

        // One for the first, then 64 + 64 + 2.
        Assert.Equal(4, store.Counters.Flushes);
        Assert.Equal(131, store.BlockCount);
    }

    [Fact]
    public async Task What_comes_thick_is_gathered_and_what_comes_after_a_quiet_time_goes_at_once()
    {
        var options = _rig.Options() with { FlushInterval = TimeSpan.FromHours(1), MaxBatch = 4 };
        var store = await _rig.OpenAsync(options);
        _rig.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 1));
        var flushes = store.Counters.Flushes;

        var gathered = Enumerable.Range(2, 3).Select(seed => _rig.PutAsync(store, seed)).ToArray();
        Assert.Equal(flushes, store.Counters.Flushes);
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 5));
        await Task.WhenAll(gathered);
        Assert.Equal(flushes + 1, store.Counters.Flushes);

        // Whoever closes the store does not wait for more.
        var last = _rig.PutAsync(store, 6);
        await store.DisposeAsync();
        Assert.Equal(PutOutcome.Stored, await last);
    }

    [Fact]
    public async Task A_block_is_not_visible_before_it_is_durable()
    {
        using var go = new ManualResetEventSlim();
        using var reached = new SemaphoreSlim(0);
        await using var store = await _rig.OpenAsync(_rig.Options() with
        {
            OnStep = step =>
            {
                if (step == DiskStep.FlushBlocks)
                {
                    reached.Release();
                    go.Wait();
                }
            },
        });

        var put = _rig.PutAsync(store, 1);
        await reached.WaitAsync(StoreRig.Cancellation);
        Assert.False(await StoreRig.HasAsync(store, 1));
        Assert.False(put.IsCompleted);
        go.Set();

        Assert.Equal(PutOutcome.Stored, await put);
        Assert.True(await StoreRig.HasAsync(store, 1));
    }

    [Fact]
    public async Task One_block_put_by_many_at_once_is_written_once()
    {
        await using var store = await _rig.OpenAsync();

        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(index => _rig.PutAsync(store, 1, (ushort)(index + 1))));

        Assert.Equal(1, outcomes.Count(outcome => outcome == PutOutcome.Stored));
        Assert.Equal(49, outcomes.Count(outcome => outcome == PutOutcome.AlreadyStored));
        Assert.Equal(SegmentLayout.FileBytes(1), new FileInfo(_rig.OnlySegment).Length);
        _rig.Time.Advance(TimeSpan.FromDays(49));
        Assert.Equal(0, await store.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation));
    }

    [Theory]
    [InlineData(1024 * 1024)]
    [InlineData(3_000_000)]
    [InlineData(5_555_555)]
    public async Task The_quota_is_never_exceeded_by_a_byte(long quota)
    {
        await using var store = await _rig.OpenAsync(_rig.Options(quota, slots: 20));
        var stored = 0;
        var outcome = PutOutcome.Stored;
        while (outcome == PutOutcome.Stored)
        {
            outcome = await _rig.PutAsync(store, stored, days: 1);
            stored += outcome == PutOutcome.Stored ? 1 : 0;
            Assert.Equal(_rig.FileBytes(), store.Bytes);
            Assert.InRange(store.Bytes, 0, quota);
        }

        // Renewals never make it grow beyond the quota either, and are never refused.
        for (ushort days = 2; days <= 60; days++)
        {
            for (var seed = 0; seed < stored; seed++)
            {
                Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(store, seed, days));
            }

            Assert.Equal(_rig.FileBytes(), store.Bytes);
            Assert.InRange(store.Bytes, 0, quota);
        }

        // One block more would not have fitted, with the room that its leases may need.
        var reserve = 64 * (1024 + (3 * (stored + 1)) + 2);
        var table = stored % 20 == 0 ? SegmentLayout.TableBytes : 0;
        var segments = (stored + 19) / 20;
        var blocks = (segments * (long)SegmentLayout.TableBytes) + ((long)stored * StoreLayout.BlockBytes);
        Assert.True(blocks + table + StoreLayout.BlockBytes + reserve > quota);
    }

    [Fact]
    public async Task Renewed_leases_survive_a_restart_and_their_log_stays_short()
    {
        var options = _rig.Options();
        await using (var store = await _rig.OpenAsync(options))
        {
            for (var seed = 0; seed < 30; seed++)
            {
                await _rig.PutAsync(store, seed, days: 1);
            }

            for (ushort days = 2; days <= 60; days++)
            {
                await Task.WhenAll(Enumerable.Range(0, 30).Select(seed => _rig.PutAsync(store, seed, days)));
                Assert.Equal(_rig.FileBytes(), store.Bytes);
            }

            var log = Assert.Single(_rig.Files("*.leases"));
            Assert.InRange(new FileInfo(log).Length, 64, 64 * (1024 + 60 + 1));
        }

        _rig.Time.Advance(TimeSpan.FromDays(59));
        await using (var again = await _rig.OpenAsync(options))
        {
            Assert.Equal(30, again.BlockCount);
            Assert.Equal(_rig.FileBytes(), again.Bytes);
            var log = Assert.Single(_rig.Files("*.leases"));
            Assert.Equal(64 * 31, new FileInfo(log).Length);
        }

        _rig.Time.Advance(TimeSpan.FromDays(2));
        await using var late = await _rig.OpenAsync(options);
        await late.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation);
        Assert.Equal(0, late.BlockCount);
        Assert.Empty(_rig.Files("*.blocks"));
    }

    [Fact]
    public async Task Segments_without_a_live_block_are_deleted()
    {
        await using var store = await _rig.OpenAsync(_rig.Options(slots: 4));
        for (var seed = 0; seed < 12; seed++)
        {
            await _rig.PutAsync(store, seed, days: (ushort)(seed is >= 4 and < 8 or 11 ? 60 : 1));
        }

        _rig.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(7, await store.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation));

        Assert.Equal(2, _rig.Files("*.blocks").Length);
        Assert.Equal(_rig.FileBytes(), store.Bytes);
        Assert.Equal(5, store.BlockCount);
        Assert.True(await StoreRig.HasAsync(store, 11));
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 0));
        Assert.True(await StoreRig.HasAsync(store, 0));
    }

    [Fact]
    public async Task A_folder_in_use_is_refused_with_what_to_do()
    {
        await using var store = await _rig.OpenAsync();

        var refusal = await Assert.ThrowsAsync<StorageException>(() => _rig.OpenAsync());

        Assert.Equal(StorageFault.InUse, refusal.Fault);
        Assert.Contains(_rig.Folder, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("stop the other node", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 1));
    }

    [Theory]
    [InlineData(nameof(DiskStep.WriteBlocks))]
    [InlineData(nameof(DiskStep.FlushBlocks))]
    public async Task A_full_disk_refuses_the_block_and_the_store_goes_on(string failing)
    {
        var isFull = false;
        await using var store = await _rig.OpenAsync(_rig.Options() with
        {
            OnStep = step =>
            {
                if (isFull && step.ToString() == failing)
                {
                    throw new IOException("no space left", LinuxNoSpace);
                }
            },
        });
        await _rig.PutAsync(store, 1, days: 1);
        var bytes = _rig.FileBytes();

        isFull = true;
        Assert.Equal(PutOutcome.Full, await _rig.PutAsync(store, 2));
        Assert.Equal(bytes, _rig.FileBytes());
        Assert.Equal(bytes, store.Bytes);
        Assert.True(await StoreRig.HasAsync(store, 1));
        Assert.False(await StoreRig.HasAsync(store, 2));

        isFull = false;
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 2));
        Assert.True(await StoreRig.HasAsync(store, 2));
        Assert.Equal(_rig.FileBytes(), store.Bytes);
    }

    [Fact]
    public async Task A_full_disk_refuses_a_renewal_and_the_lease_stays()
    {
        var isFull = false;
        await using var store = await _rig.OpenAsync(_rig.Options() with
        {
            OnStep = step =>
            {
                if (isFull && step == DiskStep.FlushLeases)
                {
                    throw new IOException("no space left", LinuxNoSpace);
                }
            },
        });
        await _rig.PutAsync(store, 1, days: 1);
        isFull = true;
        Assert.Equal(PutOutcome.Full, await _rig.PutAsync(store, 1, days: 60));
        isFull = false;
        Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(store, 1, days: 10));

        _rig.Time.Advance(TimeSpan.FromDays(11));
        Assert.Equal(1, await store.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation));
    }

    [Fact]
    public async Task A_broken_disk_throws_and_the_store_goes_on()
    {
        var isBroken = true;
        await using var store = await _rig.OpenAsync(_rig.Options() with
        {
            OnStep = step =>
            {
                if (isBroken)
                {
                    throw new IOException("input/output error");
                }
            },
        });

        var fault = await Assert.ThrowsAsync<StorageException>(() => _rig.PutAsync(store, 1));
        Assert.Equal(StorageFault.DiskFailed, fault.Fault);
        isBroken = false;
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 1));
        Assert.Equal(_rig.FileBytes(), store.Bytes);
    }

    [Fact]
    public async Task A_block_that_rots_is_absent_counted_and_can_be_stored_again()
    {
        await using var store = await _rig.OpenAsync();
        await _rig.PutAsync(store, 1);
        await _rig.PutAsync(store, 2);
        DiskDamage.Flip(_rig.OnlySegment, SegmentLayout.PayloadOffset(0) + 1234);

        Assert.False(await StoreRig.HasAsync(store, 1));

        Assert.Equal(1, store.Counters.CorruptBlocks);
        Assert.Equal(1, store.BlockCount);
        Assert.True(await StoreRig.HasAsync(store, 2));
        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 1));
        Assert.True(await StoreRig.HasAsync(store, 1));
    }

    [Fact]
    public async Task A_renewal_replaces_a_block_that_has_rotted()
    {
        await using var store = await _rig.OpenAsync();
        await _rig.PutAsync(store, 1);
        DiskDamage.Flip(_rig.OnlySegment, SegmentLayout.PayloadOffset(0));

        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 1));

        Assert.True(await StoreRig.HasAsync(store, 1));
        Assert.Equal(1, store.BlockCount);
    }

    [Fact]
    public async Task Disposal_completes_what_was_asked_and_refuses_the_rest()
    {
        var store = await _rig.OpenAsync();
        var puts = Enumerable.Range(0, 100).Select(seed => _rig.PutAsync(store, seed)).ToArray();

        await store.DisposeAsync();
        await store.DisposeAsync();

        Assert.All(await Task.WhenAll(puts), outcome => Assert.Equal(PutOutcome.Stored, outcome));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _rig.PutAsync(store, 1));
        await using var again = await _rig.OpenAsync();
        Assert.Equal(100, again.BlockCount);
    }

    [Fact]
    public async Task Options_out_of_range_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _rig.OpenAsync(_rig.Options(quota: 1024)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _rig.OpenAsync(_rig.Options(slots: 0)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _rig.OpenAsync(_rig.Options(slots: 8192)));
    }
}

using Veil.Simulation.Storage;
using Veil.Storage.Blocks;
using Veil.Wire;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>What every store does (spec/store.md, section 4).</summary>
public sealed class BlockStoreContractTests : IDisposable
{
    private const long Quota = 8 * 1024 * 1024;

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
    public async Task A_stored_block_is_read_back(Kind kind)
    {
        await using var store = await OpenAsync(kind);

        Assert.Equal(PutOutcome.Stored, await _rig.PutAsync(store, 1));

        Assert.True(await StoreRig.HasAsync(store, 1));
        Assert.Equal(1, store.BlockCount);
        Assert.InRange(store.Bytes, StoreLayout.BlockBytes, store.Quota);
        Assert.Equal(Quota, store.Quota);
    }

    [Theory]
    [InlineData(Kind.Segments)]
    [InlineData(Kind.Memory)]
    public async Task A_block_that_was_not_stored_is_absent(Kind kind)
    {
        await using var store = await OpenAsync(kind);
        await _rig.PutAsync(store, 1);

        Assert.False(await StoreRig.HasAsync(store, 2));
    }

    [Theory]
    [InlineData(Kind.Segments)]
    [InlineData(Kind.Memory)]
    public async Task A_block_under_another_reference_is_refused(Kind kind)
    {
        await using var store = await OpenAsync(kind);

        var outcome = await store.PutAsync(StoreRig.RefOf(2), StoreRig.Block(1), _rig.Lease(), StoreRig.Cancellation);

        Assert.Equal(PutOutcome.BadReference, outcome);
        Assert.Equal(0, store.BlockCount);
    }

    [Theory]
    [InlineData(Kind.Segments)]
    [InlineData(Kind.Memory)]
    public async Task A_block_stored_twice_is_kept_once_under_the_later_lease(Kind kind)
    {
        await using var store = await OpenAsync(kind);
        await _rig.PutAsync(store, 1, days: 10);
        var bytes = store.Bytes;

        Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(store, 1, days: 5));
        Assert.Equal(bytes, store.Bytes);
        Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(store, 1, days: 30));
        Assert.Equal(1, store.BlockCount);

        _rig.Time.Advance(TimeSpan.FromDays(29));
        Assert.Equal(0, await store.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation));
        Assert.True(await StoreRig.HasAsync(store, 1));
        _rig.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, await store.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation));
        Assert.False(await StoreRig.HasAsync(store, 1));
        Assert.Equal(0, store.BlockCount);
    }

    [Theory]
    [InlineData(Kind.Segments)]
    [InlineData(Kind.Memory)]
    public async Task Only_leases_that_are_over_expire(Kind kind)
    {
        await using var store = await OpenAsync(kind);
        for (var seed = 0; seed < 20; seed++)
        {
            await _rig.PutAsync(store, seed, days: (ushort)(seed % 2 == 0 ? 1 : 60));
        }

        _rig.Time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(10, await store.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation));

        for (var seed = 0; seed < 20; seed++)
        {
            Assert.Equal(seed % 2 == 1, await StoreRig.HasAsync(store, seed));
        }
    }

    [Theory]
    [InlineData(Kind.Segments)]
    [InlineData(Kind.Memory)]
    public async Task A_full_store_refuses_new_blocks_but_renews_old_ones_and_serves(Kind kind)
    {
        await using var store = await OpenAsync(kind);
        var seed = 0;
        while (await _rig.PutAsync(store, seed, days: 10) == PutOutcome.Stored)
        {
            seed++;
        }

        Assert.InRange(store.Bytes, Quota * 8 / 10, Quota);
        Assert.Equal(seed, store.BlockCount);
        Assert.Equal(PutOutcome.Full, await _rig.PutAsync(store, seed));
        Assert.Equal(PutOutcome.AlreadyStored, await _rig.PutAsync(store, 0, days: 50));
        Assert.True(await StoreRig.HasAsync(store, seed - 1));
        Assert.InRange(store.Bytes, 0, Quota);
    }

    [Theory]
    [InlineData(Kind.Segments)]
    [InlineData(Kind.Memory)]
    public async Task Misuse_throws(Kind kind)
    {
        await using var store = await OpenAsync(kind);
        var block = StoreRig.Block(1);
        var token = StoreRig.Cancellation;

        await Assert.ThrowsAsync<ArgumentException>(
            async () => await store.PutAsync(BlockRef.Of(block), block.AsMemory(1), _rig.Lease(), token));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await store.PutAsync(BlockRef.Of(block), block, default, token));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await store.TryReadAsync(BlockRef.Of(block), block.AsMemory(1), token));
    }

    [Fact]
    public void A_lease_is_of_1_to_60_days_and_ends_when_a_day_begins()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Lease.ForDays(0, _rig.Time));
        Assert.Throws<ArgumentOutOfRangeException>(() => Lease.ForDays(61, _rig.Time));

        var lease = Lease.ForDays(1, _rig.Time);

        Assert.Equal(0u, lease.EndUnixSeconds % 86_400);
        Assert.False(lease.IsOver(_rig.Time.GetUtcNow().AddDays(1)));
        Assert.True(lease.IsOver(_rig.Time.GetUtcNow().AddDays(2)));
    }

    private async Task<IBlockStore> OpenAsync(Kind kind) => kind == Kind.Memory
        ? new MemoryBlockStore(Quota, _rig.Time)
        : await _rig.OpenAsync(_rig.Options(Quota));
}

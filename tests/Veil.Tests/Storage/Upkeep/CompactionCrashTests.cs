using Veil.Storage.Blocks;
using Veil.Storage.Segments;
using Veil.Tests.Content;
using Veil.Wire.Seams;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage.Upkeep;

/// <summary>
/// A store that writes, renews, sweeps and compacts, and whose machine stops at any step of it (spec/store.md, section
/// 10): nothing that was acknowledged is lost, and nothing is there twice.
/// </summary>
public sealed class CompactionCrashTests : IDisposable
{
    private const int Slots = 6;
    private const int Rounds = 14;
    private const int Batch = 5;

    private readonly StoreRig _rig = new();
    private readonly Dictionary<int, DateTimeOffset> _acknowledged = [];
    private readonly List<Crash> _crashes = [];
    private readonly Lock _lock = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_was_acknowledged_is_there_once_after_a_stop_at_any_step(ulong seed)
    {
        var decisions = new SeededDecisions(seed);
        var disk = new CrashingDisk(_rig, new SeededDecisions(seed + 1000));
        var chance = new SeededDecisions(seed + 2000);
        var stops = 0;
        var options = _rig.Options(slots: Slots) with
        {
            CompactionStepBytes = 3 * StoreLayout.BlockBytes,
            OnStep = step =>
            {
                disk.Note(step);
                if (chance.NextIndex(2) == 0) Stop(disk, step);
            },
        };
        await using var store = await _rig.OpenAsync(options);
        for (var round = 0; round < Rounds; round++)
        {
            await WorkAsync(store, decisions, round);
            stops += _crashes.Count;
            foreach (var crash in _crashes) await RequireAsync(crash, $"round {round}, seed {seed}");
            _crashes.Clear();
        }

        Assert.True(store.Counters.MovedBlocks > 20, $"{store.Counters.MovedBlocks} were moved");
        Assert.Equal(0, store.Counters.CorruptBlocks);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"seed {seed}: {stops} stops, {store.Counters.MovedBlocks} blocks moved");
    }

    private async Task WorkAsync(SegmentStore store, DecisionSource decisions, int round)
    {
        await Task.WhenAll(Enumerable.Range(round * Batch, Batch).Select(
            block => PutAsync(store, block, (ushort)(decisions.NextIndex(3) == 0 ? 60 : 1))));
        for (var renewal = 0; renewal < 2; renewal++)
        {
            var known = Known();
            await PutAsync(store, known[decisions.NextIndex(known.Length)], 60);
        }

        if (round % 3 != 2) return;
        _rig.Time.Advance(TimeSpan.FromDays(2));
        await store.ExpireAsync(_rig.Time.GetUtcNow(), StoreRig.Cancellation);
        var put = Task.CompletedTask;
        while ((await store.CompactAsync(StoreRig.Cancellation)).HasMore)
        {
            await put;
            var known = Known();
            put = PutAsync(store, known[decisions.NextIndex(known.Length)], (ushort)(2 + decisions.NextIndex(58)));
        }

        await put;
    }

    private int[] Known()
    {
        lock (_lock) return [.. _acknowledged.Keys.Order()];
    }

    private async Task PutAsync(SegmentStore store, int seed, ushort days)
    {
        var end = DateTimeOffset.FromUnixTimeSeconds(_rig.Lease(days).EndUnixSeconds);
        var outcome = await _rig.PutAsync(store, seed, days);
        Assert.True(outcome is PutOutcome.Stored or PutOutcome.AlreadyStored, $"{outcome}");
        lock (_lock)
        {
            _acknowledged[seed] = _acknowledged.GetValueOrDefault(seed) > end ? _acknowledged[seed] : end;
        }
    }

    // On the writer thread, which waits meanwhile: nothing can be acknowledged between the list and the image.
    private void Stop(CrashingDisk disk, DiskStep step)
    {
        lock (_lock)
        {
            _crashes.Add(new Crash(step, disk.Stop(), new(_acknowledged), _rig.Time.GetUtcNow()));
        }
    }

    private static async Task RequireAsync(Crash crash, string where)
    {
        using var rig = crash.Left;
        rig.Time.Advance(crash.At - rig.Time.GetUtcNow());
        await using var store = await rig.OpenAsync(rig.Options(slots: Slots));
        foreach (var time in new[] { crash.At, crash.At.AddDays(20) })
        {
            await store.ExpireAsync(time, StoreRig.Cancellation);
            foreach (var (seed, end) in crash.Acknowledged.Where(block => block.Value > time))
            {
                Assert.True(await StoreRig.HasAsync(store, seed), $"block {seed} until {end}, {crash.Step}, {where}");
            }
        }

        Assert.True(
            store.BlockCount <= crash.Acknowledged.Count + Batch, $"{store.BlockCount} blocks, {crash.Step}, {where}");

        // Counted by the disk, too: what compaction left twice is won back like all else.
        Assert.True(rig.FileBytes() == store.Bytes, $"{crash.Step}, {where}");
        while ((await store.CompactAsync(StoreRig.Cancellation)).HasMore)
        {
        }

        foreach (var (seed, end) in crash.Acknowledged.Where(block => block.Value > crash.At.AddDays(20)))
        {
            Assert.True(await StoreRig.HasAsync(store, seed), $"compacted, block {seed} until {end}, {where}");
        }

        await store.ExpireAsync(DateTimeOffset.UnixEpoch.AddSeconds(uint.MaxValue), StoreRig.Cancellation);
        Assert.True(store.BlockCount == 0, $"{store.BlockCount} blocks counted too many, {crash.Step}, {where}");
    }

    private sealed record Crash(
        DiskStep Step,
        StoreRig Left,
        Dictionary<int, DateTimeOffset> Acknowledged,
        DateTimeOffset At);
}

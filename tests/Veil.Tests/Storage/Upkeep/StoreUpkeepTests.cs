using Veil.Storage.Segments;
using Veil.Storage.State;
using Veil.Storage.Upkeep;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage.Upkeep;

/// <summary>When a store is looked after, and how much at a time (spec/store.md, sections 10 and 11).</summary>
public sealed class StoreUpkeepTests : IAsyncDisposable
{
    private readonly StoreRig _rig = new();
    private readonly ManualTime _time = new();
    private CancellationTokenSource _stop = new();
    private SegmentStore _store = null!;
    private Task _running = Task.CompletedTask;
    private bool _isSound = true;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        _rig.Dispose();
    }

    [Fact]
    public async Task Leases_that_are_over_are_swept_within_the_hour_and_their_space_is_won_back()
    {
        await OpenAsync();
        for (var seed = 0; seed < 40; seed++)
        {
            await PutAsync(seed, days: seed % 4 == 0 ? 60 : 1);
        }

        var before = _store.Bytes;
        var end = DateTimeOffset.FromUnixTimeSeconds(Veil.Storage.Blocks.Lease.ForDays(1, _time).EndUnixSeconds);
        Run(new StoreUpkeepOptions());

        await AdvanceUntilAsync(() => _store.Bytes < before / 2);

        Assert.Equal(10, _store.BlockCount);
        Assert.InRange((_time.GetUtcNow() - end).TotalHours, 0, 4);
    }

    [Fact]
    public async Task Nothing_is_forgotten_by_a_clock_that_cannot_be_believed()
    {
        await OpenAsync();
        await PutAsync(0, days: 1);
        _isSound = false;
        Run(new StoreUpkeepOptions());

        await AdvanceUntilAsync(() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalDays > 3);
        Assert.Equal(1, _store.BlockCount);

        _isSound = true;
        var now = _time.GetUtcNow();
        await AdvanceUntilAsync(() => _store.BlockCount == 0);
        Assert.InRange((_time.GetUtcNow() - now).TotalMinutes, 0, 1.01);
    }

    [Fact]
    public async Task Nothing_is_moved_while_blocks_must_stay_where_they_are()
    {
        await OpenAsync();
        for (var seed = 0; seed < 40; seed++)
        {
            await PutAsync(seed, days: seed % 4 == 0 ? 60 : 1);
        }

        Run(new StoreUpkeepOptions(), isStill: true);

        await AdvanceUntilAsync(() => _store.BlockCount == 10);
        await AdvanceUntilAsync(() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalHours > 40);

        Assert.Equal(0, _store.Counters.MovedBlocks);
    }

    [Fact]
    public async Task A_pass_of_the_scrub_takes_its_period_and_finds_what_is_damaged()
    {
        await OpenAsync();
        for (var seed = 0; seed < 100; seed++)
        {
            await PutAsync(seed, days: 60);
        }

        DiskDamage.Flip(_rig.Files("*.blocks").Order().First(), SegmentLayout.PayloadOffset(1) + 5);
        var upkeep = Run(new StoreUpkeepOptions { ScrubPeriod = TimeSpan.FromDays(10) });

        await AdvanceUntilAsync(() => upkeep.Scrub.LastFinished is not null);

        Assert.Equal((100, 1), (upkeep.Scrub.Checked, upkeep.Scrub.LastBad));
        Assert.Equal(99, _store.BlockCount);
        Assert.InRange(upkeep.Scrub.LastFinished!.Value / 3600.0, 2, 240);
        Assert.InRange(upkeep.Scrub.Next / 86400.0, 9.9, 10.1);
    }

    [Fact]
    public async Task A_scrub_that_is_asked_for_is_done_at_its_rate_from_the_beginning()
    {
        await OpenAsync();
        for (var seed = 0; seed < 100; seed++)
        {
            await PutAsync(seed, days: 60);
        }

        var upkeep = Run(new StoreUpkeepOptions { ScrubRate = 100 * StoreLayout.BlockBytes });
        await AdvanceUntilAsync(() => upkeep.Scrub.Checked > 0);
        var began = _time.GetUtcNow();

        upkeep.ScrubNow();
        await AdvanceUntilAsync(() => !upkeep.IsAtOnce);

        Assert.Equal(100, upkeep.Scrub.Checked);
        // Of its own it takes 28 days; timers that were waiting when it was asked for are an hour away at most.
        Assert.InRange((_time.GetUtcNow() - began).TotalHours, 0, 4);
    }

    [Fact]
    public async Task A_scrub_goes_on_after_a_restart_where_it_was()
    {
        var path = Path.Combine(_rig.Root, "state.db");
        await using (var state = await LiteDbNodeState.OpenAsync(path, StoreRig.Cancellation))
        {
            await OpenAsync();
            for (var seed = 0; seed < 100; seed++)
            {
                await PutAsync(seed, days: 60);
            }

            var upkeep = Run(new StoreUpkeepOptions { RememberEvery = TimeSpan.Zero }, state: state);
            await AdvanceUntilAsync(() => upkeep.Scrub.Checked is > 0 and < 100);
            await StopAsync();
        }

        await using var again = await LiteDbNodeState.OpenAsync(path, StoreRig.Cancellation);
        await OpenAsync();
        var resumed = Run(new StoreUpkeepOptions(), state: again);
        await AdvanceUntilAsync(() => resumed.Scrub.LastFinished is not null);

        Assert.Equal(100, resumed.Scrub.Checked);
        Assert.InRange(_store.Counters.ScrubbedBlocks, 1, 99);
    }

    private async Task PutAsync(int seed, int days)
    {
        var block = StoreRig.Block(seed);
        var lease = Veil.Storage.Blocks.Lease.ForDays((ushort)days, _time);
        await _store.PutAsync(BlockRef.Of(block), block, lease, StoreRig.Cancellation);
    }

    private async Task OpenAsync() => _store = await SegmentStore.OpenAsync(
        _rig.Options(slots: 10), _time, StoreRig.Decisions, StoreRig.Cancellation);

    private StoreUpkeep Run(StoreUpkeepOptions options, bool isStill = false, INodeState? state = null)
    {
        var upkeep = new StoreUpkeep(_store, state, _time, options)
        {
            IsStill = () => isStill,
            IsClockSound = () => _isSound,
        };
        _running = upkeep.RunAsync(_stop.Token);
        return upkeep;
    }

    // The disk's threads answer in their own time, hence the clock moves on only when both loops wait for it.
    private async Task AdvanceUntilAsync(Func<bool> isDone)
    {
        while (true)
        {
            while (_time.Timers < 2)
            {
                Assert.False(_running.IsFaulted, $"{_running.Exception}");
                StoreRig.Cancellation.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            if (isDone()) return;
            _time.AdvanceToNextTimer();
        }
    }

    private async Task StopAsync()
    {
        _stop.Cancel();
        await _running.ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
        (_stop, _running) = (new CancellationTokenSource(), Task.CompletedTask);
        if (_store is not null) await _store.DisposeAsync();
    }
}

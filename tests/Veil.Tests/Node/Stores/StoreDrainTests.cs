using System.Collections.Concurrent;
using Veil.Content.Edge;
using Veil.Content.Stripes;
using Veil.Node.Stores;
using Veil.Storage.Segments;
using Veil.Storage.State;
using Veil.Tests.Content;
using Veil.Tests.Rig;
using Veil.Tests.Storage;
using Veil.Wire;
using Veil.Wire.Denying;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Node.Stores;

/// <summary>A store that hands its blocks over before it leaves (spec/store.md, section 12).</summary>
public sealed class StoreDrainTests : IAsyncDisposable
{
    private const int Blocks = 40;
    private static readonly IsolationGroup _publisher = new("publisher");

    private readonly StoreRig _rig = new();
    private readonly ManualTime _time = new();
    private readonly MemoryStores _network = new(30);
    private readonly ConcurrentQueue<string> _changes = [];
    private readonly Denylist _denylist = new();
    private SegmentStore _store = null!;
    private LiteDbNodeState? _state;
    private StoreDrain _drain = null!;
    private RunningDrain? _running;

    private RelayId Self => _network.Ring.Stores.First();

    public async ValueTask DisposeAsync()
    {
        if (_running is not null) await _running.DisposeAsync();
        if (_store is not null) await _store.DisposeAsync();
        if (_state is not null) await _state.DisposeAsync();
        _rig.Dispose();
    }

    [Fact]
    public async Task Every_block_is_where_readers_look_first_when_the_store_is_gone()
    {
        await (await StartAsync()).DrainAsync();

        var after = _network.Ring.Without(Self);
        for (var seed = 0; seed < Blocks; seed++)
        {
            var reference = StoreRig.RefOf(seed);
            Assert.Contains((after.Successor(reference, 0), reference), _network.Holdings);
        }

        Assert.Equal((Blocks, 0L, true), (_drain.Progress!.Handed, _drain.Progress.Left, _drain.Progress.Done));
        Assert.Equal(Blocks, _network.Holdings.Count());
        Assert.True(_drain.IsOn);
        await _running!.AdvanceUntilAsync(() => _changes.Contains("done"));
        Assert.Equal(["begun", "done"], _changes);
    }

    [Fact]
    public async Task Nothing_is_asked_of_the_store_itself_and_groups_are_not_those_of_the_user()
    {
        HashSet<string> groups = [];
        _network.OnFetch = (group, store, _) =>
        {
            Assert.NotEqual(Self, store);
            lock (groups) groups.Add(group.Name);
        };
        _network.OnStored = (group, store, _) =>
        {
            Assert.NotEqual(Self, store);
            lock (groups) groups.Add(group.Name);
        };

        await (await StartAsync()).DrainAsync();

        Assert.All(groups, group => Assert.StartsWith("store/drain/", group, StringComparison.Ordinal));
        Assert.Equal(4, groups.Count);
    }

    [Fact]
    public async Task Blocks_that_came_together_do_not_leave_together()
    {
        await (await StartAsync()).DrainAsync();

        var order = _network.Stored.Select(put => Enumerable.Range(0, Blocks)
            .Single(seed => StoreRig.RefOf(seed) == put.Reference)).ToArray();
        var adjacent = order.Zip(order.Skip(1)).Count(pair => Math.Abs(pair.First - pair.Second) == 1);
        Assert.InRange(adjacent, 0, Blocks / 4);
    }

    [Fact]
    public async Task A_block_in_copies_goes_to_the_tenth_place_of_the_ring_without_the_store()
    {
        var reference = StoreRig.RefOf(3);
        var after = _network.Ring.Without(Self);
        var places = Placement.OfCopies(after, reference);
        foreach (var place in places.Take(Placement.Copies - 1))
        {
            await _network.StoreAsync(_publisher, place, reference, StoreRig.Block(3), StoreRig.Cancellation);
        }

        await (await StartAsync()).DrainAsync();

        Assert.Equal(
            places.Order(),
            _network.Holdings.Where(held => held.Reference == reference).Select(held => held.Store).Order());
    }

    [Fact]
    public async Task A_full_or_dead_store_is_passed_over_and_what_none_takes_is_offered_until_one_does()
    {
        _network.SetAll(StoreMood.Full);
        await StartAsync();
        await _drain.BeginAsync(StoreRig.Cancellation);
        await _running!.AdvanceUntilAsync(() => _drain.Progress is { Pass: 1, Left: > 0 } or { Pass: > 1 });
        Assert.False(_drain.Progress!.Done);

        foreach (var (store, number) in _network.Ring.Stores.Select((store, number) => (store, number)))
        {
            _network.Set(store, (number % 3) switch
            {
                0 => StoreMood.Full,
                1 => StoreMood.Dead,
                _ => StoreMood.Well,
            });
        }

        await _running!.AdvanceUntilAsync(() => _drain.Progress!.Done);

        Assert.Equal(Blocks, _drain.Progress.Handed);
        Assert.Equal(Blocks, _network.Holdings.Select(held => held.Reference).Distinct().Count());
        foreach (var (store, reference) in _network.Holdings)
        {
            Assert.Contains(
                store,
                Placement.Alternatives(_network.Ring.Without(Self), reference).Take(Placement.StoresLookedAt));
        }
    }

    [Fact]
    public async Task A_drain_goes_on_after_a_restart_and_ends_when_it_is_cancelled()
    {
        var path = Path.Combine(_rig.Root, "state.db");
        _state = await LiteDbNodeState.OpenAsync(path, StoreRig.Cancellation);
        await StartAsync(new DrainOptions { WindowSlots = 10, Rate = 10 * StoreLayout.BlockBytes });
        await _drain.BeginAsync(StoreRig.Cancellation);
        await _running!.AdvanceUntilAsync(() => _drain.Progress!.Handed >= 20);
        var before = _drain.Progress!;
        await _running.DisposeAsync();
        _running = null;

        var again = NewDrain(new DrainOptions());
        await again.RecallAsync(StoreRig.Cancellation);
        Assert.Equal(before, again.Progress);
        Assert.Equal(Blocks - before.Handed, again.Remaining);

        await again.CancelAsync(StoreRig.Cancellation);
        Assert.False(again.IsOn);
        var later = NewDrain(new DrainOptions());
        await later.RecallAsync(StoreRig.Cancellation);
        Assert.False(later.IsOn);
    }

    [Fact]
    public async Task A_drain_that_is_cancelled_stops_handing_over()
    {
        await StartAsync(new DrainOptions { WindowSlots = 10, Rate = 10 * StoreLayout.BlockBytes });
        await _drain.BeginAsync(StoreRig.Cancellation);
        await _running!.AdvanceUntilAsync(() => _network.Holdings.Any());

        await _drain.CancelAsync(StoreRig.Cancellation);
        await _drain.BeginAsync(StoreRig.Cancellation);
        await _running!.AdvanceUntilAsync(() => _changes.Contains("done"));

        Assert.Equal(["begun", "cancelled", "begun", "done"], _changes);
    }

    [Fact]
    public async Task What_is_denied_is_not_handed_on()
    {
        _denylist.Replace([Denylist.HashOf(StoreRig.RefOf(7))]);
        await (await StartAsync()).DrainAsync();

        Assert.DoesNotContain(_network.Holdings, held => held.Reference == StoreRig.RefOf(7));
        Assert.Equal(Blocks - 1, _drain.Progress!.Handed);
    }

    [Theory]
    [InlineData(0.5, 7)]
    [InlineData(7, 7)]
    [InlineData(7.1, 15)]
    [InlineData(29, 30)]
    [InlineData(31, 60)]
    [InlineData(61, 60)]
    public void The_lease_that_is_asked_for_is_coarse_and_not_shorter(double left, int asked) =>
        Assert.Equal(asked, HandOver.DaysFor(TimeSpan.FromDays(left)));

    private async Task<RunningDrain> StartAsync(DrainOptions? options = null)
    {
        _store = await SegmentStore.OpenAsync(
            _rig.Options(slots: 12), _time, StoreRig.Decisions, StoreRig.Cancellation);
        for (var seed = 0; seed < Blocks; seed++)
        {
            var lease = Veil.Storage.Blocks.Lease.ForDays(60, _time);
            await _store.PutAsync(StoreRig.RefOf(seed), StoreRig.Block(seed), lease, StoreRig.Cancellation);
        }

        _drain = NewDrain(options ?? new DrainOptions());
        return _running = RunningDrain.Start(_drain, _time);
    }

    private StoreDrain NewDrain(DrainOptions options) => new(
        _store, _network, Self, (_time, new SeededDecisions(1), _state), options)
    {
        Denylist = _denylist,
        OnChange = _changes.Enqueue,
    };
}

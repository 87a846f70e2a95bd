using Veil.Content.Edge;
using Veil.Content.Names;
using Veil.Content.Stripes;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Names;
using Xunit;

namespace Veil.Tests.Content.Names;

/// <summary>Names over stores: placed, resolved, rolled back, forked (spec/name.md, sections 5 and 6).</summary>
public sealed class NameResolverTests
{
    private static readonly IsolationGroup _group = new("test");

    private readonly ManualTime _time = new();
    private readonly MemoryRecords _stores = new(30);
    private readonly NameKey _key = NameRig.Key(1);
    private readonly NameResolver _resolver;
    private readonly NamePlacer _placer;

    public NameResolverTests()
    {
        _time.Advance(NameRig.Today.Start + TimeSpan.FromHours(9) - _time.GetUtcNow());
        _resolver = new NameResolver(_stores, new SeededDecisions(1), _time);
        _placer = new NamePlacer(_stores, _time);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_day_is_placed_on_ten_stores_over_trunks_of_its_own_and_resolves()
    {
        var placed = await PublishAsync(1, 7);

        Assert.Equal(32, placed.Count);
        Assert.All(placed, record => Assert.Equal((10, 10, true, false),
            (record.Copies, record.Kept, record.IsSafe, record.IsOutdated)));
        Assert.Equal(320, _stores.Count);
        Assert.Equal(32, _stores.PutGroups.Distinct().Count());

        var found = await ResolveAsync();
        Assert.Equal((1UL, NameRig.Target(7), false), (found.Content.Sequence, found.Content.Target, found.IsForked));
        Assert.InRange(_stores.Asked.Count, NameResolver.EnoughRecords, 6);
        Assert.All(_stores.Asked, asked => Assert.StartsWith("test/name/", asked.Group.Name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_resolves_every_day_until_the_last_that_was_signed_and_no_longer()
    {
        await PublishAsync(1, 7);
        for (var day = 0; day <= 31; day++)
        {
            Assert.Equal(1UL, (await ResolveAsync()).Content.Sequence);
            _time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(NameFault.NotFound, await FaultAsync());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_reader_whose_clock_is_a_day_off_finds_it(int days)
    {
        // Only what lives now, as if nobody had signed ahead.
        await _placer.PlaceAsync(
            [NameRig.Record(_key, 4), NameRig.Record(_key, 4, day: 1), NameRig.Record(_key, 4, day: -1)],
            _group,
            Token);
        _time.Advance(TimeSpan.FromDays(days));

        Assert.Equal(4UL, (await ResolveAsync()).Content.Sequence);
    }

    [Fact]
    public void The_highest_number_wins_over_stores_that_have_not_heard_of_it() => Pump.Run(_time, async () =>
    {
        await PublishAsync(1, 1);
        var stale = Stores().Skip(3).ToArray();
        _stores.Dead.UnionWith(stale);
        await PublishAsync(2, 2);
        _stores.Dead.Clear();
        _stores.Dead.UnionWith(Stores().Take(2));

        // Of the eight that answer, one has the new version; asked one by one until enough, it may be missed: all are.
        _stores.Dead.UnionWith(stale.Skip(1));
        Assert.Equal(2UL, (await ResolveAsync()).Content.Sequence);
    });

    [Fact]
    public async Task Liars_are_passed_over_and_asked_last_afterwards()
    {
        await PublishAsync(1, 1);
        _stores.Liars.UnionWith(Stores().Take(7));

        Assert.Equal(1UL, (await ResolveAsync()).Content.Sequence);
        var caught = _stores.Asked.Select(asked => asked.Store).Intersect(_stores.Liars).ToArray();
        Assert.NotEmpty(caught);
        _stores.Asked.Clear();
        Assert.Equal(1UL, (await ResolveAsync()).Content.Sequence);
        Assert.Superset(
            Stores().Skip(7).ToHashSet(),
            _stores.Asked.Select(asked => asked.Store).TakeWhile(store => !caught.Contains(store)).ToHashSet());
    }

    [Fact]
    public async Task Two_contents_under_one_number_are_a_fork_wherever_they_lie()
    {
        var (one, other) = (NameRig.Record(_key, 3), NameRig.Record(_key, 3, target: 2));
        foreach (var store in Stores())
        {
            _stores.Force(store, one, other);
        }

        var found = await ResolveAsync();
        Assert.True(found.IsForked);
        Assert.Equal(new HashSet<NameRecord> { one, other }, [found.Record, found.Other!]);

        _stores.Clear();
        _stores.Force(Stores()[0], one);
        _stores.Force(Stores()[1], other);
        Assert.True((await ResolveAsync()).IsForked);

        _stores.Force(Stores()[2], NameRig.Record(_key, 4));
        Assert.False((await ResolveAsync()).IsForked);
    }

    [Fact]
    public async Task Two_writers_in_turn_supersede_each_other_and_are_told()
    {
        Assert.All(await PublishAsync(1, 1), record => Assert.False(record.IsOutdated));
        Assert.All(await PublishAsync(2, 2), record => Assert.False(record.IsOutdated));

        // The first one goes on from what it knew.
        var late = await PublishAsync(1, 3);
        Assert.All(late, record => Assert.Equal((0, true), (record.Kept, record.IsOutdated)));
        Assert.Equal(NameRig.Target(2), (await ResolveAsync()).Content.Target);
    }

    [Fact]
    public void Nobody_having_it_is_told_from_nobody_answering() => Pump.Run(_time, async () =>
    {
        Assert.Equal(NameFault.NotFound, await FaultAsync());
        _stores.Dead.UnionWith(_stores.Ring.Stores);
        Assert.Equal(NameFault.Unreachable, await FaultAsync());
        Assert.All(await PublishAsync(1, 1), record => Assert.False(record.IsSafe));

        _stores.Ring = new Veil.Directory.Ring.StoreRing([]);
        Assert.Equal(NameFault.Unreachable, await FaultAsync());
        Assert.All(await PublishAsync(1, 1), record => Assert.False(record.IsSafe));
    });

    [Fact]
    public void Who_did_not_answer_is_asked_once_more_where_too_few_have_a_record() => Pump.Run(_time, async () =>
    {
        using var key = NameRig.Key(3);
        var record = NameRig.Record(key, 1, target: 1);
        var stores = Placement.OfCopies(_stores.Ring, NameBlinding.PlaceOf(record.Key));
        _stores.CutOff.UnionWith(stores.Take(6));
        Assert.Equal(10, Assert.Single(await _placer.PlaceAsync([record], _group, Token)).Kept);
        Assert.Equal(16, _stores.PutGroups.Count);

        // Enough have it: the others are left to whoever follows the name.
        _stores.CutOff.UnionWith(stores.Take(5));
        Assert.Equal(5, Assert.Single(await _placer.PlaceAsync([record], _group, Token)).Kept);
        Assert.Equal(26, _stores.PutGroups.Count);
    });

    [Fact]
    public async Task A_record_under_its_key_that_does_not_open_is_passed_over()
    {
        // Signed under the right key, but sealed for another name: only a broken program of the owner's makes one.
        await PublishAsync(1, 1);
        using var other = NameRig.Key(2);
        Assert.Null(NameResolver.Newest(_key.Address, [NameRig.Record(other, 9)]));
        Assert.Equal(1UL, (await ResolveAsync()).Content.Sequence);
    }

    [Fact]
    public async Task Giving_up_leaves_nothing_running()
    {
        await PublishAsync(1, 1);
        using var gone = new CancellationTokenSource();
        gone.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await _resolver.ResolveAsync(_key.Address, _group, gone.Token);
            gone.Token.ThrowIfCancellationRequested();
        });
    }

    private RelayId[] Stores() => Placement.OfCopies(
        _stores.Ring, NameBlinding.PlaceOf(NameBlinding.KeyOf(_key.Address, NameDay.Of(_time.GetUtcNow()))));

    private Task<IReadOnlyList<PlacedRecord>> PublishAsync(ulong sequence, byte target) => _placer.PlaceAsync(
        _key.SignAhead(sequence, NameRig.Target(target), NameDay.Of(_time.GetUtcNow())), _group, Token);

    private Task<NameResolution> ResolveAsync() => _resolver.ResolveAsync(_key.Address, _group, Token);

    private async Task<NameFault> FaultAsync() =>
        (await Assert.ThrowsAsync<NameUnavailableException>(ResolveAsync)).Fault;
}

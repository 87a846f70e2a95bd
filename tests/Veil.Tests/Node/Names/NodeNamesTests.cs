using Veil.Content.Edge;
using Veil.Content.Names;
using Veil.Node.Names;
using Veil.Simulation.Storage;
using Veil.Storage.State;
using Veil.Tests.Content;
using Veil.Tests.Content.Names;
using Veil.Tests.Rig;
using Veil.Wire.Names;
using Xunit;

namespace Veil.Tests.Node.Names;

/// <summary>Names at a node: rollback, forks, following, what is remembered (spec/name.md, sections 5 and 6).</summary>
public sealed class NodeNamesTests : IDisposable
{
    private static readonly IsolationGroup _group = new("test");

    private readonly ManualTime _time = new();
    private readonly MemoryRecords _stores = new(20);
    private readonly MemoryDocumentSlot _slot = new(NameBook.MaxBytes);
    private readonly NameKey _key = NameRig.Key(1);
    private readonly NodeNames _names;

    public NodeNamesTests()
    {
        _time.Advance(NameRig.Today.Start + TimeSpan.FromHours(9) - _time.GetUtcNow());
        _names = Make();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task What_is_published_resolves_and_the_next_number_is_one_more()
    {
        Assert.Equal(0UL, await _names.HighestAsync(_key.Address, Token));
        var placed = await PublishAsync(1, 1);
        Assert.Equal(32, placed.Count(record => record.IsSafe));
        Assert.Equal(1UL, await _names.HighestAsync(_key.Address, Token));
        Assert.Equal(NameRig.Target(1), await TargetAsync());

        // At once, although the other was asked for a moment ago.
        await PublishAsync(2, 2);
        Assert.Equal(NameRig.Target(2), await TargetAsync());
    }

    [Fact]
    public async Task A_number_that_is_out_already_is_not_published_again()
    {
        await PublishAsync(3, 1);
        Assert.Equal(NamePublishFault.Outdated, await PublishFaultAsync(3, 2));
        Assert.Equal(NamePublishFault.Outdated, await PublishFaultAsync(2, 2));

        // Nor by another machine with the key, which has not heard of it.
        var elsewhere = Make(remembers: false);
        var fault = await Assert.ThrowsAsync<NamePublishException>(
            () => elsewhere.PublishAsync(_key.Address, Sign(2, 2), Token));
        Assert.Equal(NamePublishFault.Outdated, fault.Fault);
        Assert.Equal(NameRig.Target(1), await TargetAsync());
    }

    [Fact]
    public async Task Records_that_do_not_belong_together_are_not_published()
    {
        var records = Sign(1, 1);
        using var other = NameRig.Key(2);
        IReadOnlyList<NameRecord>[] wrong =
        [
            [], [.. records.Skip(1)], [.. records, records[0]], [.. records.Take(2)],
            [.. records.Take(31), NameRig.Record(_key, 2, 1, 30)],
            [.. records.Take(31), NameRig.Record(_key, 1, 2, 30)],
            [.. records.Take(31), NameRig.Record(other, 1, 1, 30)],
        ];
        foreach (var set in wrong)
        {
            var fault = await Assert.ThrowsAsync<NamePublishException>(
                () => _names.PublishAsync(_key.Address, set, Token));
            Assert.Equal(NamePublishFault.BadRecords, fault.Fault);
        }

        Assert.Equal(0, _stores.Count);
    }

    [Fact]
    public void Too_few_stores_are_told_and_the_next_try_takes_the_same_number() => Pump.Run(_time, async () =>
    {
        _stores.Dead.UnionWith(_stores.Ring.Stores.Skip(3));
        Assert.Equal(NamePublishFault.NotPlaced, await PublishFaultAsync(1, 1));
        _stores.Dead.Clear();
        await PublishAsync(1, 1);
    });

    [Fact]
    public async Task An_older_version_than_was_seen_is_found_out_also_after_a_restart()
    {
        await PublishAsync(5, 1);
        Assert.Equal(NameRig.Target(1), await TargetAsync());
        Show(NameRig.Record(_key, 4, target: 2));

        Assert.Equal(NameFault.RolledBack, await FaultAsync(_names));
        var restarted = await RestartAsync();
        Assert.Equal(NameFault.RolledBack, await FaultAsync(restarted));

        Show(NameRig.Record(_key, 5, target: 2));
        Assert.Equal(NameFault.Forked, await FaultAsync(restarted));
        Show(NameRig.Record(_key, 6, target: 2));
        Assert.Equal(NameRig.Target(2), (await restarted.ResolveAsync(_key.Address, _group, Token)).Content.Target);
    }

    [Fact]
    public async Task A_fork_is_shown_with_its_proof_and_not_opened()
    {
        Show(NameRig.Record(_key, 1), NameRig.Record(_key, 1, target: 2));
        var found = await _names.ResolveAsync(_key.Address, _group, Token);
        Assert.True(found.IsForked);
        var fault = await Assert.ThrowsAsync<NameUnavailableException>(TargetAsync);
        Assert.Equal(NameFault.Forked, fault.Fault);
    }

    [Fact]
    public async Task A_damaged_book_counts_for_nothing_and_is_replaced()
    {
        _slot.Bytes = [1, 2, 3];
        var names = Make();
        Assert.False(await names.Book.LoadAsync(Token));
        await PublishAsync(1, 1);
        Assert.Equal(1UL, (await RestartAsync()).Book.Find(_key.Address)!.Sequence);
        Assert.DoesNotContain(
            _key.Address.Key.ToString(), System.Text.Encoding.ASCII.GetString(_slot.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_follower_collects_the_days_ahead_and_puts_them_back_while_the_owner_is_away()
    {
        var owner = Make(remembers: false);
        await owner.PublishAsync(_key.Address, Sign(1, 1), Token);
        await FollowAsync();
        Assert.Equal(32, _names.Book.Find(_key.Address)!.Records.Count);

        // Every store loses everything, and others join: only the follower still has it.
        for (int day = 0; day < 29; day++)
        {
            _stores.Clear();
            _stores.Ring = TestRing.Of(20 + day);
            await TendAsync(_names);
            var reader = Make(remembers: false);
            Assert.Equal(1UL, (await reader.ResolveAsync(_key.Address, _group, Token)).Content.Sequence);
            _time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(3, _names.Book.Find(_key.Address)!.With([], _names.Today).Records.Count);
        _time.Advance(TimeSpan.FromDays(3));
        _stores.Clear();
        await TendAsync(_names);
        Assert.Empty(_names.Book.Find(_key.Address)!.Records);
        Assert.Equal(NameFault.NotFound, await FaultAsync(_names));
    }

    [Fact]
    public async Task A_follower_takes_up_a_new_version_and_spreads_neither_side_of_a_fork()
    {
        await Make(remembers: false).PublishAsync(_key.Address, Sign(1, 1), Token);
        await FollowAsync();
        await Make(remembers: false).PublishAsync(_key.Address, Sign(2, 2), Token);
        await TendAsync(_names);
        var kept = _names.Book.Find(_key.Address)!;
        Assert.Equal((2UL, 32), (kept.Sequence, kept.Records.Count));
        Assert.Equal(2UL, (await RestartAsync()).Book.Find(_key.Address)!.Sequence);

        Show(NameRig.Record(_key, 3), NameRig.Record(_key, 3, target: 2));
        int before = _stores.PutGroups.Count;
        await TendAsync(_names);
        Assert.Equal(before, _stores.PutGroups.Count);
        Assert.Equal(2UL, _names.Book.Find(_key.Address)!.Sequence);
    }

    [Fact]
    public async Task What_was_published_here_is_put_back_too_until_its_last_day()
    {
        await PublishAsync(1, 1);
        _stores.Clear();
        await TendAsync(_names);
        Assert.Equal(NameRig.Target(1), await TargetAsync());

        _time.Advance(TimeSpan.FromDays(40));
        await TendAsync(_names);
        Assert.Null(_names.Book.Find(_key.Address));
    }

    [Fact]
    public async Task The_loop_tends_each_name_at_random_times_and_not_all_at_once()
    {
        for (byte seed = 10; seed < 14; seed++)
        {
            using var key = NameRig.Key(seed);
            await _names.PublishAsync(
                key.Address, key.SignAhead(1, NameRig.Target(seed), NameRig.Today), Token);
        }

        int asked = _stores.Asked.Count;
        using var stop = new CancellationTokenSource();
        Pump.Run(_time, async () =>
        {
            var loop = _names.Keeper.RunAsync(stop.Token);
            while (_time.GetUtcNow() < NameRig.Today.Start + TimeSpan.FromHours(9 + 13))
            {
                await Task.Delay(TimeSpan.FromMinutes(1), _time);
            }

            stop.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        });

        // In 13 hours between 6 and 13 rounds a name, 3 to 6 questions each.
        Assert.InRange(_stores.Asked.Count - asked, 4 * 6 * 3, 4 * 14 * 6);
    }

    [Fact]
    public async Task So_many_names_are_followed_and_no_more()
    {
        for (int number = 0; number < NameBook.MaxNames; number++)
        {
            using var key = NameKey.FromSeed([1, (byte)number, .. new byte[30]]);
            await _names.Book.ChangeAsync(key.Address, kept => kept with { IsFollowed = true }, Token);
        }

        await Assert.ThrowsAsync<StateFullException>(
            () => _names.Book.ChangeAsync(_key.Address, kept => kept with { IsFollowed = true }, Token));
        await _names.Book.ChangeAsync(_key.Address, kept => kept with { IsOwn = true }, Token);
    }

    private NodeNames Make(bool remembers = true) => new(
        _stores, remembers ? _slot : null, new NameOptions(), (_time, new SeededDecisions(1)));

    private async Task<NodeNames> RestartAsync()
    {
        var names = Make();
        Assert.True(await names.Book.LoadAsync(Token));
        return names;
    }

    private IReadOnlyList<NameRecord> Sign(ulong sequence, byte target) =>
        _key.SignAhead(sequence, NameRig.Target(target), NameDay.Of(_time.GetUtcNow()));

    private Task<IReadOnlyList<PlacedRecord>> PublishAsync(ulong sequence, byte target) =>
        _names.PublishAsync(_key.Address, Sign(sequence, target), Token);

    private async Task<NamePublishFault> PublishFaultAsync(ulong sequence, byte target) =>
        (await Assert.ThrowsAsync<NamePublishException>(() => PublishAsync(sequence, target))).Fault;

    private Task<Veil.Content.Keys.ContentKey> TargetAsync() => _names.TargetAsync(_key.Address, _group, Token);

    private async Task FollowAsync()
    {
        await _names.Book.ChangeAsync(_key.Address, kept => kept with { IsFollowed = true }, Token);
        await TendAsync(_names);
    }

    private async Task TendAsync(NodeNames names) =>
        await names.Keeper.TendAsync(names.Book.Find(_key.Address)!, null, Token);

    private async Task<NameFault> FaultAsync(NodeNames names) => (await Assert.ThrowsAsync<NameUnavailableException>(
        () => names.ResolveAsync(_key.Address, _group, Token))).Fault;

    // What all stores show today, whatever they had before.
    private void Show(params NameRecord[] records)
    {
        foreach (var store in _stores.Ring.Stores)
        {
            _stores.Force(store, records);
        }
    }
}

using Veil.Content.Names;
using Veil.Content.Stripes;
using Veil.Node.Stores;
using Veil.Storage.Records;
using Veil.Storage.Segments;
using Veil.Storage.State;
using Veil.Tests.Content;
using Veil.Tests.Content.Names;
using Veil.Tests.Rig;
using Veil.Tests.Storage;
using Veil.Wire;
using Veil.Wire.Names;
using Xunit;

namespace Veil.Tests.Node.Stores;

/// <summary>What a store that leaves does with records of names (spec/store.md, section 12).</summary>
public sealed class RecordDrainTests : IAsyncDisposable
{
    private const int Names = 12;
    private const int Days = 3;

    private readonly StoreRig _rig = new();
    private readonly ManualTime _time = new();
    private readonly MemoryStores _blocks = new(30);
    private readonly MemoryRecords _network = new(30);
    private readonly List<NameRecord> _kept = [];
    private SegmentStore _store = null!;
    private RecordStore _records = null!;
    private LiteDbNodeState? _state;
    private StoreDrain _drain = null!;
    private RunningDrain? _running;

    private RelayId Self => _network.Ring.Stores.First();

    public async ValueTask DisposeAsync()
    {
        if (_running is not null) await _running.DisposeAsync();
        await _store.DisposeAsync();
        await _records.DisposeAsync();
        if (_state is not null) await _state.DisposeAsync();
        _rig.Dispose();
    }

    [Fact]
    public async Task Each_record_goes_to_the_store_that_comes_into_this_ones_place()
    {
        await (await StartAsync()).DrainAsync();

        Assert.Equal(Names * Days, _kept.Count);
        foreach (var record in _kept)
        {
            Assert.Equal(record, await FindAsync(PlacesOf(record)[9], record));
        }

        Assert.Equal(Names * Days, _network.Count);
        Assert.Equal((Names * Days, 0L), (_drain.Progress!.RecordsHanded, _drain.Progress.RecordsLeft));
        Assert.All(
            _network.PutGroups, group => Assert.StartsWith("store/drain/", group.Name, StringComparison.Ordinal));
        Assert.Equal(Names * Days, _network.PutGroups.Select(group => group.Name).Distinct().Count());
    }

    [Fact]
    public async Task One_whose_new_store_is_silent_is_offered_again()
    {
        await StartAsync();
        _network.Dead.Add(PlacesOf(_kept[0])[9]);
        await _drain.BeginAsync(StoreRig.Cancellation);
        await _running!.AdvanceUntilAsync(() => _drain.Progress!.RecordsLeft > 0);
        Assert.False(_drain.Progress!.Done);

        _network.Dead.Clear();
        await _running.DrainAsync();

        Assert.Equal((Names * Days, 0L), (_drain.Progress.RecordsHanded, _drain.Progress.RecordsLeft));
        Assert.Equal(_kept[0], await FindAsync(PlacesOf(_kept[0])[9], _kept[0]));
    }

    [Fact]
    public async Task One_whose_new_store_stays_silent_goes_to_the_next_and_the_drain_ends()
    {
        await StartAsync();
        _network.Dead.Add(PlacesOf(_kept[0])[9]);

        await _running!.DrainAsync();

        Assert.Equal((Names * Days, 0L), (_drain.Progress!.RecordsHanded, _drain.Progress.RecordsLeft));
        Assert.Equal(_kept[0], await FindAsync(PlacesOf(_kept[0])[10], _kept[0]));
    }

    [Fact]
    public async Task One_that_its_new_store_does_not_take_goes_to_the_next_and_where_none_does_the_drain_ends()
    {
        await StartAsync();
        _network.Full.Add(PlacesOf(_kept[0])[9]);
        await _running!.DrainAsync();
        Assert.Equal(_kept[0], await FindAsync(PlacesOf(_kept[0])[10], _kept[0]));

        _network.Full.UnionWith(_network.Ring.Stores);
        await _drain.CancelAsync(StoreRig.Cancellation);
        await _running.DrainAsync();
        Assert.Equal((0L, Names * Days), (_drain.Progress!.RecordsHanded, _drain.Progress.RecordsLeft));
    }

    [Fact]
    public async Task A_drain_that_was_done_before_records_were_handed_over_goes_on()
    {
        _state = await LiteDbNodeState.OpenAsync(Path.Combine(_rig.Root, "state.db"), StoreRig.Cancellation);
        await _state.SetSettingAsync(
            StoreDrain.Setting,
            """{"segment":9,"slot":0,"pass":1,"started":1,"handed":40,"left":0,"done":true}""",
            StoreRig.Cancellation);
        await StartAsync();
        Assert.False(_drain.Progress!.Done);

        await _running!.DrainAsync();

        Assert.Equal((40L, Names * Days), (_drain.Progress.Handed, _drain.Progress.RecordsHanded));
    }

    [Fact]
    public async Task A_later_record_at_the_new_store_stands_and_counts()
    {
        await StartAsync();
        using var key = NameRig.Key(1);
        var later = Sign(key, sequence: 9, day: 0);
        _network.Force(PlacesOf(later)[9], later);

        await _running!.DrainAsync();

        Assert.Equal(later, await FindAsync(PlacesOf(later)[9], later));
        Assert.Equal(Names * Days, _drain.Progress!.RecordsHanded);
    }

    [Fact]
    public async Task Where_all_other_stores_are_places_of_it_nothing_is_brought()
    {
        _network.Ring = TestRing.Of(Placement.Copies);
        await (await StartAsync()).DrainAsync();

        Assert.Equal(0, _network.Count);
        Assert.True(_drain.Progress!.Done);
    }

    private RelayId[] PlacesOf(NameRecord record) =>
        [.. Placement.Alternatives(_network.Ring.Without(Self), NameBlinding.PlaceOf(record.Key))];

    private async Task<NameRecord?> FindAsync(RelayId store, NameRecord record) =>
        (await _network.GetRecordAsync(new("test"), store, record.Key, StoreRig.Cancellation)).First;

    private NameRecord Sign(NameKey key, ulong sequence, int day)
    {
        var today = NameDay.Of(_time.GetUtcNow());
        return key.Sign(
            new NameContent(sequence, NameRig.Target(1), today.Plus(NameKey.DaysAhead)), today.Plus(day));
    }

    private async Task<RunningDrain> StartAsync()
    {
        _store = await SegmentStore.OpenAsync(
            _rig.Options(slots: 12), _time, StoreRig.Decisions, StoreRig.Cancellation);
        _records = await RecordStore.OpenAsync(
            new RecordStoreOptions { Folder = Path.Combine(_rig.Root, "records") }, _time, StoreRig.Cancellation);
        for (byte name = 1; name <= Names; name++)
        {
            using var key = NameRig.Key(name);
            for (var day = 0; day < Days; day++)
            {
                var record = Sign(key, sequence: 1, day);
                Assert.Equal(
                    Veil.Storage.Records.RecordOutcome.Stored,
                    await _records.PutAsync(record, StoreRig.Cancellation));
                _kept.Add(record);
            }
        }

        _drain = new StoreDrain(
            _store, _blocks, Self, (_time, new SeededDecisions(1), _state), new DrainOptions())
        {
            Records = new RecordHandOver(_records, new NamePlacer(_network, _time), Self),
        };
        await _drain.RecallAsync(StoreRig.Cancellation);
        return _running = RunningDrain.Start(_drain, _time);
    }
}

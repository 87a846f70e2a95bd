using Veil.Content.Names;
using Veil.Content.Stripes;
using Veil.Node.Stores;
using Veil.Storage.Records;
using Veil.Storage.Segments;
using Veil.Tests.Content;
using Veil.Tests.Content.Names;
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
    private readonly Content.ManualTime _time = new();
    private readonly MemoryStores _blocks = new(30);
    private readonly MemoryRecords _network = new(30);
    private readonly List<NameRecord> _kept = [];
    private SegmentStore _store = null!;
    private RecordStore _records = null!;
    private StoreDrain _drain = null!;
    private RunningDrain? _running;

    private RelayId Self => _network.Ring.Stores.First();

    public async ValueTask DisposeAsync()
    {
        if (_running is not null) await _running.DisposeAsync();
        await _store.DisposeAsync();
        await _records.DisposeAsync();
        _rig.Dispose();
    }

    [Fact]
    public async Task Each_record_goes_to_the_store_that_comes_into_this_ones_place()
    {
        await (await StartAsync()).DrainAsync();

        Assert.Equal(Names * Days, _kept.Count);
        foreach (var record in _kept)
        {
            var place = Placement.OfCopies(_network.Ring.Without(Self), NameBlinding.PlaceOf(record.Key))[^1];
            var answer = await _network.GetRecordAsync(new("test"), place, record.Key, StoreRig.Cancellation);
            Assert.Equal(record, answer.First);
        }

        Assert.Equal(Names * Days, _network.Count);
        Assert.Equal((Names * Days, 0L), (_drain.Progress!.RecordsHanded, _drain.Progress.RecordsLeft));
        Assert.All(
            _network.PutGroups, group => Assert.StartsWith("store/drain/", group.Name, StringComparison.Ordinal));
        Assert.Equal(4, _network.PutGroups.Select(group => group.Name).Distinct().Count());
    }

    [Fact]
    public async Task One_whose_new_store_is_silent_is_offered_again_and_the_drain_is_not_done_before()
    {
        await StartAsync();
        var place = Placement.OfCopies(_network.Ring.Without(Self), NameBlinding.PlaceOf(_kept[0].Key))[^1];
        _network.Dead.Add(place);
        await _drain.BeginAsync(StoreRig.Cancellation);
        await _running!.AdvanceUntilAsync(() => _drain.Progress!.RecordsLeft > 0);
        await _running!.AdvanceUntilAsync(() => _drain.Progress is { Pass: > 1, RecordsLeft: > 0 });
        Assert.False(_drain.Progress!.Done);

        _network.Dead.Clear();
        await _running!.AdvanceUntilAsync(() => _drain.Progress!.Done);

        Assert.Equal((Names * Days, 0L), (_drain.Progress.RecordsHanded, _drain.Progress.RecordsLeft));
    }

    [Fact]
    public async Task One_that_its_new_store_does_not_take_goes_to_the_next_and_where_none_does_the_drain_ends()
    {
        await StartAsync();
        var places = Placement.Alternatives(_network.Ring.Without(Self), NameBlinding.PlaceOf(_kept[0].Key)).ToArray();
        _network.Full.Add(places[9]);
        await _running!.DrainAsync();
        var answer = await _network.GetRecordAsync(new("test"), places[10], _kept[0].Key, StoreRig.Cancellation);
        Assert.Equal(_kept[0], answer.First);

        _network.Full.UnionWith(places);
        await _drain.CancelAsync(StoreRig.Cancellation);
        await _running.DrainAsync();
        Assert.Equal(0, _drain.Progress!.RecordsLeft);
    }

    [Fact]
    public async Task A_later_record_at_the_new_store_stands_and_counts()
    {
        await StartAsync();
        using var key = NameRig.Key(1);
        var later = Sign(key, sequence: 9, day: 0);
        var place = Placement.OfCopies(_network.Ring.Without(Self), NameBlinding.PlaceOf(later.Key))[^1];
        _network.Force(place, later);

        await _running!.DrainAsync();

        var answer = await _network.GetRecordAsync(new("test"), place, later.Key, StoreRig.Cancellation);
        Assert.Equal(later, answer.First);
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
            _store, _blocks, Self, (_time, new SeededDecisions(1), null), new DrainOptions())
        {
            Records = new RecordHandOver(_records, new NamePlacer(_network), Self),
        };
        return _running = RunningDrain.Start(_drain, _time);
    }
}

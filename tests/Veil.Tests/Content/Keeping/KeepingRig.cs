using Veil.Content.Edge;
using Veil.Content.Keeping;
using Veil.Content.Publishing;
using Veil.Directory.Ring;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content.Keeping;

/// <summary>A content rig with a keeper, whose stores can be killed, frozen and delisted.</summary>
internal sealed class KeepingRig
{
    private readonly (Bytes32 Point, RelayId Store)[] _all;
    private readonly Dictionary<RelayId, DateTimeOffset> _away = [];

    public KeepingRig(int stores, ulong seed = 1, KeepingOptions? options = null)
    {
        _all = [.. TestRing.Entries(stores)];
        Rig = new ContentRig(stores, seed);
        Keeper = new Keeper(Rig.Stores, Ring, (Rig.Decisions, Rig.Time), options ?? new KeepingOptions());
        Salt = new Bytes32(ContentRig.Bytes(Bytes32.Size, seed));
    }

    public ContentRig Rig { get; }

    public Keeper Keeper { get; }

    public Bytes32 Salt { get; set; }

    public DateTimeOffset Now => Rig.Time.GetUtcNow();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Some stores that still answer.</summary>
    public RelayId[] Pick(int count)
    {
        RelayId[] left = [.. Rig.Stores.Ring.Stores];
        Rig.Decisions.Shuffle<RelayId>(left);
        return left[..count];
    }

    /// <summary>They answer no more, and are delisted unless they are to be merely silent.</summary>
    public void Stop(IEnumerable<RelayId> stores, bool delist)
    {
        foreach (var store in stores.ToArray())
        {
            Rig.Stores.Set(store, StoreMood.Dead);
            if (delist) _away[store] = Now;
        }

        Relist();
    }

    /// <summary>They answer again, with all that they had.</summary>
    public void Revive(IEnumerable<RelayId> stores)
    {
        foreach (var store in stores.ToArray())
        {
            Rig.Stores.Set(store, StoreMood.Well);
            _away.Remove(store);
        }

        Relist();
    }

    public void Advance(TimeSpan by) => Rig.Time.Advance(by);

    public async Task<(RepairKey Key, Publication Publication)> PublishAsync(
        byte[] content,
        PublishOptions? options = null)
    {
        var publication = await Rig.PublishAsync(content, options: options);
        return ((await Keeper.ResolveAsync(publication.Key, Cancelled)).Key, publication);
    }

    public Task<ObjectHealth> CheckAsync(RepairKey key) => Keeper.CheckAsync(key, Cancelled);

    /// <summary>A round that renews nothing.</summary>
    public Task<RoundReport> RoundAsync(RepairKey key, bool whole = true, bool withoutGrace = false)
    {
        var never = new RenewalSchedule(
            Salt, Now + TimeSpan.FromDays(1000), Keeper.Options.RenewEvery, Keeper.Options.Interval * 3);
        return Keeper.RunRoundAsync(
            key,
            new RoundRequest(never, Now) { IsWhole = whole, WithoutGrace = withoutGrace },
            Cancelled);
    }

    private void Relist() =>
        Rig.Stores.Ring = new StoreRing(_all.Where(entry => !_away.ContainsKey(entry.Store)));

    private KeepRing Ring(TimeSpan grace) => new(
        Rig.Stores.Ring,
        new StoreRing(_all.Where(entry => !_away.TryGetValue(entry.Store, out var since) || Now - since <= grace)));
}

using Veil.Content.Edge;
using Veil.Content.Keeping;
using Veil.Content.Keys;
using Veil.Content.Publishing;
using Veil.Content.Stripes;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content.Keeping;

/// <summary>spec/keeping.md over stores in memory, in virtual time.</summary>
public sealed class KeeperTests
{
    private const int Block = 32_768;

    // 41 leaves: two full stripes and one of nine, two levels.
    private static readonly byte[] Content = ContentRig.Bytes((40 * Block) + 5);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(Block)]
    [InlineData((40 * Block) + 5)]
    public void A_check_of_a_new_file_finds_every_share_and_copy_and_stores_nothing(int bytes)
    {
        KeepingRig rig = new(48);
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (key, publication) = await rig.PublishAsync(ContentRig.Bytes(bytes));
            var before = rig.Rig.Stores.Stored.Count();

            var health = await rig.CheckAsync(key);

            Assert.Equal(publication.Counts.SharesAcknowledged, health.Shares.Placed + health.Copies.Placed);
            Assert.True(health.IsFull);
            Assert.True(health.IsHealthy);
            Assert.False(health.IsBroken);
            Assert.Equal((0, 0), (health.Shares.Lost, health.Shares.Unreachable));
            Assert.Equal(new StripePlan((bytes / Block) + 1, ParityLevel.Full).Count, health.Stripes);
            Assert.Equal(10, health.WorstCopies);
            Assert.Equal(health.WorstStripe.Shape.TotalShares, health.WorstStripe.Placed);
            Assert.Equal(before, rig.Rig.Stores.Stored.Count());
        });
    }

    [Fact]
    public void Copies_that_went_on_because_their_places_failed_are_found()
    {
        KeepingRig rig = new(48);
        Pump.Run(rig.Rig.Time, async () =>
        {
            foreach (var store in rig.Pick(8)) rig.Rig.Stores.Set(store, StoreMood.Full);
            var (key, _) = await rig.PublishAsync(Content);
            rig.Rig.Stores.SetAll(StoreMood.Well);

            var health = await rig.CheckAsync(key);

            Assert.Equal((10, 0), (health.WorstCopies, health.Copies.Unreachable));
            Assert.True(health.IsFull);
        });
    }

    [Theory]
    [InlineData(15, 0)]
    [InlineData(60, 0)]
    [InlineData(60, 1)]
    [InlineData(60, 2)]
    [InlineData(60, 3)]
    public void A_circuit_that_breaks_loses_no_share_of_the_store_behind_it(int milliseconds, int place)
    {
        KeepingRig rig = new(48);
        var stores = rig.Rig.Stores;
        Pump.Run(rig.Rig.Time, async () =>
        {
            // Shares go on to stores that are none of their places.
            foreach (var store in rig.Pick(16)) stores.Set(store, StoreMood.Full);
            var (key, publication) = await rig.PublishAsync(Content);
            stores.SetAll(StoreMood.Well);
            stores.Latency = TimeSpan.FromMilliseconds(10);
            var map = Map(rig, publication.RepairCapability);
            var shares = Enumerable.Range(0, 3).SelectMany(stripe => map.Shares(stripe)).ToHashSet();
            var fullest = stores.Ring.Stores
                .OrderByDescending(store => stores.Holdings.Count(
                    held => held.Store == store && shares.Contains(held.Reference)))
                .ElementAt(place);
            DateTimeOffset? first = null;
            stores.OnFetch = (_, store, _) =>
            {
                if (store != fullest) return;
                var since = (rig.Now - (first ??= rig.Now)).TotalMilliseconds;
                stores.Set(fullest, since > 15 && since < 15 + milliseconds ? StoreMood.Dead : StoreMood.Well);
            };

            var health = await rig.CheckAsync(key);

            Assert.Equal((0, 0), (health.Shares.Lost, health.Shares.Unreachable));
            Assert.True(health.IsFull);
        });
    }

    [Fact]
    public void A_check_counts_each_share_that_is_gone_and_names_the_worst_stripe()
    {
        KeepingRig rig = new(48);
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (key, publication) = await rig.PublishAsync(Content);
            var map = Map(rig, publication.RepairCapability);
            foreach (var share in map.Shares(0).Take(3)) rig.Rig.Stores.Remove(share);
            foreach (var share in map.Shares(1).Take(20)) rig.Rig.Stores.Remove(share);

            var health = await rig.CheckAsync(key);

            Assert.Equal((23, 0), (health.Shares.Lost, health.Shares.Unreachable));
            Assert.Equal((1, 28), (health.WorstStripe.Stripe, health.WorstStripe.Placed));
            Assert.False(health.IsHealthy);
            Assert.False(health.IsFull);
            Assert.False(health.IsBroken);
            Assert.Equal(Enumerable.Range(0, 20), health.WorstStripe.LostShares());
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Two_thirds_of_the_stores_are_lost_one_after_the_other_and_nothing_with_them(ulong seed)
    {
        KeepingRig rig = new(48, seed);
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (key, publication) = await rig.PublishAsync(Content);
            for (var third = 0; third < 2; third++)
            {
                rig.Stop(rig.Pick(16 - (third * 4)), delist: true);
                Assert.Equal(Content, await rig.Rig.FetchAsync(publication.Key));
                var broken = await rig.CheckAsync(key);
                Assert.False(broken.IsHealthy);
                Assert.True(broken.Shares.Unreachable > 0);
                Assert.True(third > 0 || broken.Shares.Lost == 0);

                rig.Advance(rig.Keeper.Options.Grace + TimeSpan.FromMinutes(1));
                var report = await rig.RoundAsync(key);

                Assert.Equal(RepairVerdict.Repair, report.Verdict);
                Assert.Equal(0, report.RepairsFailed);
                Assert.True(report.Left.IsFull);
                var after = await rig.CheckAsync(key);
                Assert.True(after.IsFull);
                Assert.True(after.IsHealthy);
                Assert.Equal(Content, await rig.Rig.FetchAsync(publication.Key));
            }
        });
    }

    [Theory]
    [InlineData(ParityLevel.Half, 8)]
    [InlineData(ParityLevel.Quarter, 4)]
    public void Of_less_parity_half_is_lost_when_it_is_put_back(ParityLevel level, int lost)
    {
        KeepingRig rig = new(48);
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (key, publication) = await rig.PublishAsync(Content, new PublishOptions { Level = level });
            Assert.True((await rig.CheckAsync(key)).IsFull);
            var shares = Map(rig, publication.RepairCapability).Shares(0);
            foreach (var share in shares.Take(lost - 1)) rig.Rig.Stores.Remove(share);
            Assert.Equal(RepairVerdict.Healthy, (await rig.RoundAsync(key, whole: false)).Verdict);

            rig.Rig.Stores.Remove(shares[lost]);
            var report = await rig.RoundAsync(key, whole: false);

            Assert.Equal(RepairVerdict.Repair, report.Verdict);
            Assert.True((await rig.CheckAsync(key)).IsFull);
            Assert.Equal(Content, await rig.Rig.FetchAsync(publication.Key));
        });
    }

    [Fact]
    public void A_repair_key_alone_restores_all_of_it_and_reads_none()
    {
        KeepingRig rig = new(48);
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (made, publication) = await rig.PublishAsync(Content);
            Assert.True(RepairKey.TryParse(made.Format(), out var key, out _));
            rig.Stop(rig.Pick(16), delist: true);

            Assert.True((await rig.RoundAsync(key, withoutGrace: true)).Left.IsFull);

            // What it names: references and a key that opens references. Neither key of the content is in it.
            Assert.Equal(publication.RepairCapability, key.StripeMap);
            Assert.Equal([publication.Key.Capability.RootReference], key.ManifestBlocks);
            Assert.False(ContentKey.TryParse(key.Format(), out _, out _));
            var map = rig.Rig.Decode(key.StripeMap);
            Assert.Equal(-1, map.AsSpan().IndexOf(publication.Key.Capability.RootKey.AsSpan()));
            var asContent = new ContentKey(key.StripeMap);
            Assert.Equal(ContentFault.VerificationFailed, await rig.Rig.FaultOfAsync(asContent));
            Assert.Equal(Content, await rig.Rig.FetchAsync(publication.Key));
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Half_of_the_stores_standing_still_for_less_than_the_grace_cause_no_repair(bool delisted)
    {
        KeepingRig rig = new(48);
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (key, _) = await rig.PublishAsync(Content);
            var before = rig.Rig.Stores.Stored.Count();
            var frozen = rig.Pick(24);
            rig.Stop(frozen, delisted);
            for (var hour = 0; hour < 32; hour += 8)
            {
                var report = await rig.RoundAsync(key, whole: hour % 16 == 0);
                Assert.Equal(RepairVerdict.Waiting, report.Verdict);
                Assert.False(report.Found.IsHealthy);
                Assert.True(report.Found.Shares.Unreachable > 0);
                rig.Advance(TimeSpan.FromHours(8));
            }

            rig.Revive(frozen);
            Assert.Equal(RepairVerdict.Healthy, (await rig.RoundAsync(key)).Verdict);
            Assert.Equal(before, rig.Rig.Stores.Stored.Count());
            Assert.True((await rig.CheckAsync(key)).IsFull);
        });
    }

    [Fact]
    public void A_listed_store_that_is_silent_for_the_grace_is_given_up()
    {
        KeepingRig rig = new(48);
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (key, _) = await rig.PublishAsync(Content);
            rig.Stop(rig.Pick(20), delist: false);
            Assert.Equal(RepairVerdict.Waiting, (await rig.RoundAsync(key)).Verdict);
            rig.Advance(rig.Keeper.Options.Grace + TimeSpan.FromMinutes(1));

            var report = await rig.RoundAsync(key);

            Assert.Equal(RepairVerdict.Repair, report.Verdict);
            Assert.Equal((0, 0), (report.Left.Shares.Lost, report.Left.Copies.Lost));
            Assert.Equal(RepairVerdict.Healthy, (await rig.RoundAsync(key)).Verdict);
            Assert.True((await rig.CheckAsync(key)).IsFull);
        });
    }

    [Fact]
    public void A_keeper_that_reaches_hardly_anybody_mistrusts_itself()
    {
        KeepingRig rig = new(48);
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (key, _) = await rig.PublishAsync(Content);
            var before = rig.Rig.Stores.Stored.Count();
            var gone = rig.Pick(30);
            rig.Stop(gone, delist: false);
            for (var day = 0; day < 4; day++)
            {
                Assert.Equal(RepairVerdict.OwnConnection, (await rig.RoundAsync(key)).Verdict);
                rig.Advance(TimeSpan.FromDays(1));
            }

            // Those days do not count as silence of the stores: the grace begins when most others answer.
            rig.Revive(gone.Take(10));
            Assert.Equal(RepairVerdict.Waiting, (await rig.RoundAsync(key)).Verdict);
            Assert.Equal(before, rig.Rig.Stores.Stored.Count());
        });
    }

    [Fact]
    public void Repair_is_spread_over_rounds()
    {
        KeepingRig rig = new(48, options: new KeepingOptions { Damping = 0.25 });
        Pump.Run(rig.Rig.Time, async () =>
        {
            // Twelve full stripes and the last leaf.
            var (key, _) = await rig.PublishAsync(ContentRig.Bytes(12 * 16 * Block));
            rig.Stop(rig.Pick(16), delist: true);
            rig.Advance(rig.Keeper.Options.Grace + TimeSpan.FromMinutes(1));

            List<RoundReport> rounds = [];
            do
            {
                rounds.Add(await rig.RoundAsync(key, whole: false));
            }
            while (rounds[^1].Verdict != RepairVerdict.Healthy);

            Assert.All(rounds, round => Assert.InRange(round.StripesRepaired, 0, 4));
            Assert.InRange(rounds.Count, 4, 6);
            Assert.True(rounds[^1].Left.IsHealthy);
            Assert.Equal(RepairVerdict.RepairPart, rounds[0].Verdict);
        });
    }

    [Fact]
    public void Checks_and_renewals_keep_to_groups_of_their_own_and_no_order_is_the_file_s()
    {
        KeepingRig rig = new(48);
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (key, publication) = await rig.PublishAsync(Content);
            var map = Map(rig, publication.RepairCapability);
            List<(IsolationGroup Group, BlockRef Reference)> fetches = [];
            rig.Rig.Stores.OnFetch = (group, _, reference) => fetches.Add((group, reference));
            await rig.CheckAsync(key);
            var first = fetches.ToArray();
            fetches.Clear();
            await rig.CheckAsync(key);

            Assert.Single(first.Select(fetch => fetch.Group).Distinct());
            Assert.Single(fetches.Select(fetch => fetch.Group).Distinct());
            Assert.NotEqual(first[0].Group, fetches[0].Group);
            Assert.NotEqual(first.Select(fetch => fetch.Reference), fetches.Select(fetch => fetch.Reference));
            var shares = map.Shares(0).Index().ToDictionary(share => share.Item, share => share.Index);
            var order = first.Where(fetch => shares.ContainsKey(fetch.Reference))
                .Select(fetch => shares[fetch.Reference]).ToArray();
            Assert.InRange(order.Zip(order.Skip(1)).Count(pair => pair.Second == pair.First + 1), 0, 12);
        });
    }

    private static StripeMap Map(KeepingRig rig, Veil.Content.Eris.ReadCapability capability)
    {
        Assert.True(StripeMap.TryParse(rig.Rig.Decode(capability), out var map));
        return map!;
    }
}

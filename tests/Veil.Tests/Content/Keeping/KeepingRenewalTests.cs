using Veil.Content.Keeping;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content.Keeping;

/// <summary>Renewals by rounds of a keeper (spec/keeping.md, section 5), in virtual time.</summary>
public sealed class KeepingRenewalTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_share_and_copy_is_renewed_where_it_is_and_renewals_of_an_object_are_not_adjacent()
    {
        KeepingRig rig = new(48);
        List<(DateTimeOffset At, RelayId Store, BlockRef Reference)> puts = [];
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (key, _) = await rig.PublishAsync(ContentRig.Bytes(40 * 32_768));
            var holdings = rig.Rig.Stores.Holdings.ToHashSet();
            rig.Rig.Stores.OnStored = (group, store, reference) =>
            {
                Assert.EndsWith("-put", group.Name, StringComparison.Ordinal);
                puts.Add((rig.Now, store, reference));
            };
            await KeepAsync(rig, key, days: 36);

            // At the store that gave it, and nowhere else.
            Assert.Equal(holdings, rig.Rig.Stores.Holdings.ToHashSet());
            Assert.Equal(holdings, puts.Select(put => (put.Store, put.Reference)).ToHashSet());
        });

        // After the first days, a thirtieth of the blocks a day, and minutes between one and the next.
        DateTimeOffset[] times = [.. puts.Select(put => put.At).Where(at => at > puts[0].At + (5 * Day)).Order()];
        var gaps = times.Zip(times.Skip(1), (first, second) => second - first).Order().ToArray();
        Assert.True(times.Length > 150);
        Assert.InRange(times.GroupBy(at => at.Date).Max(day => day.Count()), 1, times.Length / 5);
        var middle = gaps[gaps.Length / 2];
        Assert.True(middle > TimeSpan.FromMinutes(2), $"half of the gaps are below {middle}");

        // Nor in the first days, when all are renewed once: two within ten seconds are chance, not a rule.
        var early = Gaps(puts.Select(put => put.At)).ToArray();
        Assert.InRange(early.Count(gap => gap < TimeSpan.FromSeconds(10)), 0, early.Length / 12);

        // One store by itself sees those that it has hours apart, usually days.
        var atStores = puts.GroupBy(put => put.Store)
            .SelectMany(store => Gaps(store.Select(put => put.At))).Order().ToArray();
        Assert.InRange(atStores.Count(gap => gap < TimeSpan.FromMinutes(1)), 0, atStores.Length / 20);
        Assert.True(atStores[atStores.Length / 2] > TimeSpan.FromHours(12), $"{atStores[atStores.Length / 2]}");
    }

    private static IEnumerable<TimeSpan> Gaps(IEnumerable<DateTimeOffset> times)
    {
        DateTimeOffset[] ordered = [.. times.Order()];
        return ordered.Zip(ordered.Skip(1), (first, second) => second - first);
    }

    [Fact]
    public void A_renewal_that_failed_is_tried_again()
    {
        KeepingRig rig = new(12);
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (key, _) = await rig.PublishAsync(ContentRig.Bytes(32_768));
            var began = rig.Now;
            var schedule = new RenewalSchedule(rig.Salt, began, 30 * Day, 3 * Day);
            var stopped = rig.Pick(3);
            rig.Stop(stopped, delist: false);
            rig.Advance(3 * Day);

            var first = await rig.Keeper.RunRoundAsync(
                key, new RoundRequest(schedule, began - TimeSpan.FromTicks(1)), Cancelled);
            Assert.True(first.RenewalsFailed > 0);
            rig.Revive(stopped);
            var second = await rig.Keeper.RunRoundAsync(
                key, new RoundRequest(schedule, began - TimeSpan.FromTicks(1)), Cancelled);

            Assert.Equal(0, second.RenewalsFailed);
            Assert.Equal(second.Left.Shares.Placed + second.Left.Copies.Placed, second.Renewed);
        });
    }

    [Fact]
    public void Full_stores_are_renewed_at()
    {
        KeepingRig rig = new(12);
        Pump.Run(rig.Rig.Time, async () =>
        {
            var (key, _) = await rig.PublishAsync(ContentRig.Bytes(32_768));
            var began = rig.Now;
            var schedule = new RenewalSchedule(rig.Salt, began, 30 * Day, 3 * Day);
            rig.Rig.Stores.SetAll(StoreMood.Full);
            rig.Advance(3 * Day);

            var report = await rig.Keeper.RunRoundAsync(
                key, new RoundRequest(schedule, began - TimeSpan.FromTicks(1)), Cancelled);

            Assert.Equal(0, report.RenewalsFailed);
            Assert.Equal(report.Left.Shares.Placed + report.Left.Copies.Placed, report.Renewed);
        });
    }

    private static async Task KeepAsync(KeepingRig rig, RepairKey key, int days)
    {
        var began = rig.Now;
        var schedule = new RenewalSchedule(rig.Salt, began, 30 * Day, 3 * Day);
        var from = began - TimeSpan.FromTicks(1);
        while (rig.Now < began + (days * Day))
        {
            var report = await rig.Keeper.RunRoundAsync(
                key,
                new RoundRequest(schedule, from) { Spread = RoundTimes.Spread(Day, 1) },
                Cancelled);
            Assert.Equal(0, report.RenewalsFailed);
            Assert.Equal(RepairVerdict.Healthy, report.Verdict);
            from = report.Began;
            var next = RoundTimes.Next(report.Began, Day, report.Verdict, rig.Rig.Decisions);
            if (next > rig.Now) rig.Advance(next - rig.Now);
        }
    }
}

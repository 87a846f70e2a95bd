using Veil.Content.Keeping;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content.Keeping;

/// <summary>spec/keeping.md, sections 5 and 6, over months of virtual time.</summary>
public sealed class RenewalScheduleTests
{
    private static readonly DateTimeOffset Began = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly SeededDecisions _decisions = new(5);

    [Fact]
    public void Every_block_is_renewed_soon_at_first_and_then_once_in_half_a_lease()
    {
        var renewals = Play(Schedule(1), blocks: 400, days: 200, missed: null);

        Assert.All(renewals, times =>
        {
            Assert.InRange(times[0] - Began, TimeSpan.Zero, 4.5 * Day);
            Assert.All(Gaps(times), gap => Assert.InRange(gap, TimeSpan.Zero, 33 * Day));
            Assert.InRange(times.Count, 6, 8);
        });
    }

    [Fact]
    public void No_round_renews_much_of_an_object_and_no_two_the_same()
    {
        var renewals = Play(Schedule(1), blocks: 400, days: 100, missed: null);
        var rounds = renewals.SelectMany((times, block) => times.Select(time => (time, block)))
            .Where(renewal => renewal.time > Began + (5 * Day))
            .GroupBy(renewal => renewal.time, renewal => renewal.block)
            .OrderBy(round => round.Key)
            .Select(round => round.ToHashSet())
            .ToArray();

        Assert.All(rounds, round => Assert.InRange(round.Count, 1, 40));
        foreach (var (place, round) in rounds.Index().Where(round => round.Index > 0))
        {
            Assert.False(round.Overlaps(rounds[place - 1]));
        }
    }

    [Fact]
    public void Objects_and_keepers_have_orders_of_their_own()
    {
        var first = Play(Schedule(1), blocks: 400, days: 60, missed: null);
        var second = Play(Schedule(2), blocks: 400, days: 60, missed: null);

        Assert.InRange(first.Zip(second).Count(pair => (pair.First[^1] - pair.Second[^1]).Duration() < Day), 0, 80);
    }

    [Fact]
    public void What_a_keeper_misses_while_it_is_off_is_made_up_for()
    {
        var renewals = Play(Schedule(1), blocks: 200, days: 120, missed: day => day is > 40 and < 65);

        Assert.All(renewals, times => Assert.All(Gaps(times), gap => Assert.True(gap < 60 * Day)));
    }

    [Fact]
    public void Rounds_are_not_in_step()
    {
        var times = Enumerable.Range(0, 200)
            .Select(_ => RoundTimes.Next(Began, Day, RepairVerdict.Healthy, _decisions) - Began)
            .ToArray();

        Assert.All(times, time => Assert.InRange(time, 0.75 * Day, 1.25 * Day));
        Assert.True(times.Max() - times.Min() > 0.4 * Day);
        Assert.InRange(
            RoundTimes.Next(Began, Day, RepairVerdict.RepairPart, _decisions) - Began, Day / 6, Day / 3);
        Assert.InRange(RoundTimes.Soon(Began, Day, _decisions) - Began, TimeSpan.Zero, Day / 20);
        Assert.Equal(Day / 8, RoundTimes.Spread(Day, 1));
        Assert.Equal(Day / 200, RoundTimes.Spread(Day, 100));
    }

    private static IEnumerable<TimeSpan> Gaps(List<DateTimeOffset> times) =>
        times.Zip(times.Skip(1), (first, second) => second - first);

    private static RenewalSchedule Schedule(ulong salt) => new(
        new Bytes32(ContentRig.Bytes(Bytes32.Size, salt)), Began, 30 * Day, 3 * Day);

    // When each block is renewed by rounds that are some day apart.
    private List<DateTimeOffset>[] Play(RenewalSchedule schedule, int blocks, int days, Func<int, bool>? missed)
    {
        BlockRef[] references = [.. Enumerable.Range(0, blocks)
            .Select(block => new BlockRef(new Bytes32(ContentRig.Bytes(Bytes32.Size, (ulong)(1000 + block)))))];
        List<DateTimeOffset>[] renewals = [.. references.Select(_ => new List<DateTimeOffset>())];
        var from = Began - TimeSpan.FromTicks(1);
        var now = RoundTimes.Soon(Began, Day, _decisions);
        for (; now < Began + (days * Day); now = RoundTimes.Next(now, Day, RepairVerdict.Healthy, _decisions))
        {
            if (missed?.Invoke((int)(now - Began).TotalDays) == true) continue;
            for (var block = 0; block < blocks; block++)
            {
                if (schedule.IsDue(references[block], from, now)) renewals[block].Add(now);
            }

            from = now;
        }

        return renewals;
    }
}

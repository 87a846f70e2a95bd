using System.Collections.Frozen;
using Veil.Directory;
using Veil.Directory.Paths;
using Veil.Wire;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Directory;

public sealed class GuardSetTests
{
    private static readonly DateTimeOffset Start = DirectoryRig.Network().StartOf(DirectoryRig.Epoch);
    private static readonly GuardRules Rules = GuardRules.Default;
    private static readonly FrozenSet<RelayId> None = FrozenSet<RelayId>.Empty;

    private static Consensus Relays(int count, params RelayId[] without) => DirectoryRig.ConsensusOf(
        Enumerable.Range(0, count).Select(number => DirectoryRig.Entry(number))
            .Where(entry => !without.Contains(entry.Identity)));

    private static GuardSet Fresh(Consensus consensus, ulong seed = 1)
    {
        var guards = new GuardSet(Rules, new SeededDecisions(seed));
        Assert.True(guards.Refresh(consensus, Start));
        return guards;
    }

    private static RelayId[] Order(GuardSet guards) => [.. guards.Export().Select(record => record.Relay)];

    [Fact]
    public void Two_guards_are_chosen_and_kept_for_months()
    {
        var consensus = Relays(30);
        var guards = Fresh(consensus);
        var chosen = Order(guards);
        Assert.Equal(2, chosen.Length);
        for (var day = 0; day < 60; day++)
        {
            Assert.False(guards.Refresh(consensus, Start.AddDays(day)));
        }

        Assert.Equal(chosen, Order(guards));
        Assert.True(guards.Refresh(consensus, Start.AddDays(120)));
        Assert.Equal(2, Order(guards).Length);
    }

    [Fact]
    public void Exported_guards_come_back_the_same()
    {
        var consensus = Relays(30);
        var guards = Fresh(consensus);
        guards.Failed(Order(guards)[0], Start);
        var restored = new GuardSet(Rules, new SeededDecisions(99), guards.Export());
        Assert.False(restored.Refresh(consensus, Start.AddMinutes(1)));
        Assert.Equal(guards.Export(), restored.Export());
        var one = guards.Export()[0];
        Assert.Throws<ArgumentException>(() => new GuardSet(Rules, new SeededDecisions(1), [one, one]));
    }

    [Fact]
    public void A_failing_guard_rests_twice_as_long_each_time()
    {
        var consensus = Relays(30);
        var guards = Fresh(consensus);
        var first = Order(guards)[0];
        var now = Start;
        foreach (var rest in (int[])[30, 60, 120, 240, 480, 960, 1920, 3600, 3600])
        {
            guards.Failed(first, now);
            bool Rests(int seconds) => guards.Usable(consensus, None, now.AddSeconds(seconds))
                .All(entry => entry.Identity != first);
            Assert.True(Rests(rest - 1));
            Assert.False(Rests(rest));
            now = now.AddSeconds(rest);
        }

        guards.Failed(first, now);
        guards.Succeeded(first);
        Assert.Equal(first, guards.Usable(consensus, None, now)[0].Identity);
        for (var again = 0; again < 2000; again++)
        {
            now += Rules.RetryMax;
            guards.Failed(first, now);
        }

        Assert.Equal(now + Rules.RetryMax, guards.Export()[0].RestsUntil);
    }

    [Fact]
    public void One_failure_counts_once_however_many_waited_for_the_link()
    {
        var consensus = Relays(30);
        var guards = Fresh(consensus);
        for (var waiting = 0; waiting < 32; waiting++)
        {
            foreach (var guard in Order(guards)) guards.Failed(guard, Start);
        }

        Assert.Equal(2, guards.Usable(consensus, None, Start + Rules.RetryFirst).Count);
    }

    [Fact]
    public void While_all_fail_they_are_tried_every_minute_and_what_failed_then_weighs_nothing_later()
    {
        var consensus = Relays(30);
        var guards = Fresh(consensus);
        var now = Start;
        for (; now < Start.AddHours(1); now += Rules.RetryBlindly)
        {
            foreach (var guard in Order(guards)) guards.Failed(guard, now);
        }

        Assert.Equal(2, guards.Usable(consensus, None, now).Count);
        var (first, second) = (Order(guards)[0], Order(guards)[1]);
        guards.Succeeded(second);
        guards.Failed(first, now);
        Assert.Contains(
            first, guards.Usable(consensus, None, now + Rules.RetryBlindly).Select(entry => entry.Identity));
    }

    [Fact]
    public void A_rest_that_a_clock_set_ahead_has_given_is_over_when_the_clock_is_right()
    {
        var consensus = Relays(30);
        var guards = Fresh(consensus);
        foreach (var guard in Order(guards)) guards.Failed(guard, Start.AddDays(40));
        Assert.Equal(2, guards.Usable(consensus, None, Start).Count);
    }

    [Fact]
    public void An_unlisted_guard_gets_a_stand_in_and_returns_to_its_place()
    {
        var consensus = Relays(30);
        var guards = Fresh(consensus);
        var order = Order(guards);
        var without = Relays(30, order[0]);

        guards.Refresh(without, Start);
        Assert.Equal([order[1]], guards.Usable(without, None, Start).Select(entry => entry.Identity));
        guards.Refresh(without, Start.AddHours(1));
        Assert.Equal(2, guards.Usable(without, None, Start.AddHours(1)).Count);
        Assert.Equal(3, Order(guards).Length);

        guards.Refresh(consensus, Start.AddDays(2));
        Assert.Equal(order, guards.Usable(consensus, None, Start.AddDays(2)).Select(entry => entry.Identity));
    }

    [Fact]
    public void A_guard_that_stays_unlisted_is_forgotten()
    {
        var consensus = Relays(30);
        var guards = Fresh(consensus);
        var gone = Order(guards)[0];
        var without = Relays(30, gone);
        guards.Refresh(without, Start);
        guards.Refresh(without, Start.AddDays(20).AddSeconds(-1));
        Assert.Contains(gone, Order(guards));
        guards.Refresh(without, Start.AddDays(20));
        Assert.DoesNotContain(gone, Order(guards));
    }

    [Fact]
    public void A_broken_own_connection_does_not_use_up_guards()
    {
        var consensus = Relays(30);
        var guards = Fresh(consensus);
        foreach (var guard in Order(guards))
        {
            guards.Failed(guard, Start);
        }

        guards.Refresh(consensus, Start.AddHours(23));
        Assert.Equal(2, Order(guards).Length);
        guards.Refresh(consensus, Start.AddHours(24));
        Assert.Equal(4, Order(guards).Length);
    }

    [Fact]
    public void Blocking_every_guard_makes_a_client_try_six_at_most()
    {
        var consensus = Relays(40);
        var guards = Fresh(consensus);
        for (var day = 0; day < 30; day++)
        {
            foreach (var guard in Order(guards))
            {
                guards.Failed(guard, Start.AddDays(day));
            }

            guards.Refresh(consensus, Start.AddDays(day));
        }

        Assert.Equal(GuardRules.MaxSampled, Order(guards).Length);
    }

    [Fact]
    public void A_relay_is_neither_its_own_guard_nor_its_own_second_hop()
    {
        var consensus = Relays(5);
        for (ulong seed = 0; seed < 50; seed++)
        {
            var before = Fresh(consensus, seed).Export();
            var self = before[0].Relay;
            var guards = new GuardSet(Rules, new SeededDecisions(seed), before) { Self = self };
            Assert.True(guards.Refresh(consensus, Start));
            Assert.Equal(2, Order(guards).Length);
            Assert.DoesNotContain(self, Order(guards));
            var vanguards = new VanguardSet(new SeededDecisions(seed)) { Self = self };
            vanguards.Refresh(consensus, Start);
            Assert.Equal(4, vanguards.Export().Count);
            Assert.DoesNotContain(vanguards.Export(), record => record.Relay == self);
        }
    }

    [Fact]
    public void Second_hops_stay_for_one_to_twenty_two_days()
    {
        var consensus = Relays(40);
        var lifetimes = new List<double>();
        for (ulong seed = 0; seed < 200; seed++)
        {
            var set = new VanguardSet(new SeededDecisions(seed));
            Assert.True(set.Refresh(consensus, Start));
            Assert.False(set.Refresh(consensus, Start.AddHours(23)));
            lifetimes.AddRange(set.Export().Select(record => (record.ExpiresAt - Start).TotalDays));
            Assert.Equal(set.Export(), new VanguardSet(new SeededDecisions(0), set.Export()).Export());
        }

        Assert.All(lifetimes, days => Assert.InRange(days, 1, 22));
        // The mean of the longer of two uniform times from 1 to 22 is 15.
        Assert.InRange(lifetimes.Average(), 14.2, 15.8);
    }
}

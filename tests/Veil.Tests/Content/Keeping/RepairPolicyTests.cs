using Veil.Content.Keeping;
using Veil.Content.Stripes;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content.Keeping;

/// <summary>spec/keeping.md, section 4: what is done about what was found, without network or clock.</summary>
public sealed class RepairPolicyTests
{
    private static readonly StripeShape Full = StripeShape.For(16, ParityLevel.Full);

    [Theory]
    [InlineData(48, 0, RepairVerdict.Healthy)]
    [InlineData(33, 0, RepairVerdict.Healthy)]
    [InlineData(32, 0, RepairVerdict.Repair)]
    [InlineData(17, 0, RepairVerdict.Repair)]
    [InlineData(32, 1, RepairVerdict.Waiting)]
    [InlineData(20, 13, RepairVerdict.Waiting)]
    [InlineData(20, 12, RepairVerdict.Repair)]
    public void A_stripe_is_repaired_at_two_thirds_of_its_shares_and_what_is_unreachable_counts_as_there(
        int placed, int unreachable, RepairVerdict verdict)
    {
        var plan = RepairPolicy.Decide(Health([Stripe(0, placed, unreachable)]), 1);

        Assert.Equal(verdict, plan.Verdict);
        Assert.Equal(verdict == RepairVerdict.Repair ? 1 : 0, plan.Stripes.Count);
    }

    [Fact]
    public void Where_one_stripe_is_due_all_that_is_lost_is_put_back()
    {
        var plan = RepairPolicy.Decide(Health([Stripe(0, 47, 0), Stripe(1, 30, 0), Stripe(2, 48, 0)]), 1);

        Assert.Equal([1L, 0L], plan.Stripes.Select(stripe => stripe.Stripe));
    }

    [Fact]
    public void Who_asks_for_all_of_it_gets_back_what_is_lost_above_the_threshold_and_waits_for_the_rest()
    {
        var plan = RepairPolicy.Decide(Health([Stripe(0, 47, 0), Stripe(1, 40, 8)], [Copies(1, 9, 0)]), 1, whole: true);

        Assert.Equal(RepairVerdict.Repair, plan.Verdict);
        Assert.Equal(0, Assert.Single(plan.Stripes).Stripe);
        Assert.Single(plan.Copies);
        Assert.Equal(
            RepairVerdict.Healthy, RepairPolicy.Decide(Health([Stripe(1, 40, 8)]), 1, whole: true).Verdict);
    }

    [Theory]
    [InlineData(0.25, 25)]
    [InlineData(0.001, 1)]
    [InlineData(1, 100)]
    public void A_round_repairs_a_part_of_the_stripes_and_the_worst_first(double damping, int expected)
    {
        var stripes = Enumerable.Range(0, 100).Select(stripe => Stripe(stripe, 31 - (stripe % 3), 0)).ToArray();

        var plan = RepairPolicy.Decide(Health(stripes), damping);

        Assert.Equal(expected, plan.Stripes.Count);
        Assert.Equal(expected == 100 ? RepairVerdict.Repair : RepairVerdict.RepairPart, plan.Verdict);
        Assert.Equal(29, plan.Stripes[0].Placed);
        Assert.Equal(plan.Stripes.OrderBy(stripe => stripe.Margin), plan.Stripes);
    }

    [Fact]
    public void What_is_near_its_end_is_not_put_off()
    {
        var stripes = Enumerable.Range(0, 100).Select(stripe => Stripe(stripe, stripe < 40 ? 24 : 30, 0)).ToArray();

        var plan = RepairPolicy.Decide(Health(stripes), 0.1);

        Assert.Equal(Enumerable.Range(0, 40).Select(stripe => (long)stripe),
            plan.Stripes.Select(stripe => stripe.Stripe).Order());
    }

    [Theory]
    [InlineData(12, 6, RepairVerdict.Repair)]
    [InlineData(12, 7, RepairVerdict.OwnConnection)]
    [InlineData(12, 12, RepairVerdict.OwnConnection)]
    public void Where_most_stores_are_silent_the_finding_is_ignored(int asked, int silent, RepairVerdict verdict)
    {
        var health = Health([Stripe(0, 10, 0), Stripe(1, 20, 0)]) with { Stores = (asked, silent) };

        var plan = RepairPolicy.Decide(health, 1);

        Assert.Equal(verdict, plan.Verdict);
        Assert.Equal(verdict == RepairVerdict.Repair ? 1 : 0, plan.Stripes.Count);
    }

    [Fact]
    public void A_copied_block_is_brought_to_its_places_again_unless_none_is_left()
    {
        CopyHealth[] copies = [Copies(1, 9, 0), Copies(2, 7, 0), Copies(3, 0, 0), Copies(4, 6, 2)];

        var plan = RepairPolicy.Decide(Health([Stripe(0, 48, 0)], copies), 0.1);

        Assert.Equal([copies[0], copies[1], copies[3]], plan.Copies);
        Assert.Equal(
            RepairVerdict.Waiting, RepairPolicy.Decide(Health([Stripe(0, 48, 0)], [Copies(4, 6, 2)]), 1).Verdict);
    }

    [Fact]
    public void A_store_is_given_up_when_it_was_silent_for_the_grace_and_any_answer_begins_anew()
    {
        SilentStores silent = new();
        var grace = TimeSpan.FromHours(36);
        var (store, other) = (Relay(1), Relay(2));
        DateTimeOffset Hour(double hour) => DateTimeOffset.UnixEpoch + TimeSpan.FromHours(hour);
        silent.Observe([other], [store], _ => true, Hour(0));
        silent.Observe([other], [store], _ => true, Hour(30));
        Assert.False(silent.IsGivenUp(store, Hour(35.9), grace));
        Assert.True(silent.IsGivenUp(store, Hour(36), grace));

        // A restart forgets nothing.
        SilentStores restarted = new();
        restarted.Restore(silent.Snapshot());
        Assert.True(restarted.IsGivenUp(store, Hour(36), grace));

        silent.Observe([store], [], _ => true, Hour(37));
        silent.Observe([], [store], _ => true, Hour(38));
        Assert.False(silent.IsGivenUp(store, Hour(60), grace));
        silent.Observe([], [], relay => relay != store, Hour(61));
        Assert.Empty(silent.Snapshot());
    }

    private static ObjectHealth Health(StripeHealth[] stripes, CopyHealth[]? copies = null)
    {
        HealthCount count = new(1000);
        foreach (var stripe in stripes) count.Set(stripe);
        foreach (var block in copies ?? [Copies(9, 10, 0)]) count.Set(block);
        return count.Take((48, 16));
    }

    private static StripeHealth Stripe(long stripe, int placed, int unreachable) => new(
        stripe, Full, (1UL << placed) - 1, ((1UL << (placed + unreachable)) - 1) & ~((1UL << placed) - 1));

    private static CopyHealth Copies(ulong block, int placed, int unreachable) =>
        new(new BlockRef(new Bytes32(ContentRig.Bytes(Bytes32.Size, block))), 10, placed, unreachable);

    private static RelayId Relay(ulong seed) => new(new Bytes32(ContentRig.Bytes(Bytes32.Size, seed)));
}

using Veil.Content.Edge;
using Veil.Content.Stores;
using Veil.Tests.Rig;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>Waits that hide a publisher's round trip (spec/stripe.md, section 6).</summary>
public sealed class PublishPausesTests
{
    private static readonly TimeSpan Unit = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();

    [Fact]
    public void The_first_blocks_of_a_group_wait_a_time_of_its_own_and_each_branch_one_beside()
    {
        var pauses = Pauses();
        pauses.Observe(TimeSpan.FromSeconds(0.6));
        TimeSpan[][] waits = [.. Enumerable.Range(0, 40).Select(group => Enumerable.Range(0, 12)
            .Select(_ => Took(() => pauses.BeforeFirstBlockAsync(new IsolationGroup($"{group}"), default)))
            .ToArray())];

        Assert.All(waits, group => Assert.All(group, wait => Assert.InRange(wait, TimeSpan.Zero, 3 * Unit)));
        Assert.All(waits, group => Assert.InRange(group.Max() - group.Min(), Unit / 4, Unit));
        TimeSpan[] least = [.. waits.Select(group => group.Min()).Order()];
        Assert.True(least[^1] - least[0] > 1.5 * Unit, $"{least[0]} to {least[^1]}");
    }

    [Fact]
    public void Branches_wait_before_they_are_opened()
    {
        var pauses = Pauses();
        pauses.Observe(TimeSpan.FromSeconds(0.6));
        TimeSpan[] waits = [.. Enumerable.Range(0, 100).Select(_ => Took(() => pauses.BeforeBranchAsync(default)))];

        Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.Zero, Unit));
        Assert.True(waits.Max() - waits.Min() > Unit / 2);
    }

    [Fact]
    public void Where_branches_open_at_once_nobody_waits_and_where_they_are_slow_nobody_waits_for_long()
    {
        var fast = Pauses();
        fast.Observe(TimeSpan.FromMicroseconds(200));
        Assert.Equal(TimeSpan.Zero, Took(() => fast.BeforeBranchAsync(default)));

        var slow = Pauses();
        slow.Observe(TimeSpan.FromSeconds(40));
        Assert.All(
            Enumerable.Range(0, 50),
            _ => Assert.InRange(Took(() => slow.BeforeBranchAsync(default)), TimeSpan.Zero, Unit));
    }

    [Fact]
    public void Waits_do_not_follow_the_round_trip_that_they_hide()
    {
        TimeSpan[] Waits(params double[] openings)
        {
            var pauses = Pauses();
            foreach (var opening in openings) pauses.Observe(TimeSpan.FromSeconds(opening));
            return [.. Enumerable.Range(0, 20).SelectMany(group => new[]
            {
                Took(() => pauses.BeforeBranchAsync(default)),
                Took(() => pauses.BeforeFirstBlockAsync(new IsolationGroup($"{group}"), default)),
            })];
        }

        var unknown = Waits();
        Assert.Equal(unknown, Waits(0.07));
        Assert.Equal(unknown, Waits(0.3, 0.4, 0.5));
        Assert.Equal(unknown, Waits(3));
        Assert.All(Waits(0.03).Zip(unknown), pair => Assert.True(pair.First <= pair.Second / 16));
    }

    private PublishPauses Pauses() => new(new SeededDecisions(3), _time);

    private TimeSpan Took(Func<Task> wait)
    {
        var start = _time.GetTimestamp();
        Pump.Run(_time, wait);
        return _time.GetElapsedTime(start);
    }
}

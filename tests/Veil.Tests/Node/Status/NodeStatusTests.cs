using Veil.Node.Status;
using Veil.Tests.Rig;
using Xunit;

namespace Veil.Tests.Node.Status;

/// <summary>What a node says of itself (spec/control.md, section 4).</summary>
public sealed class NodeStatusTests(LabHouse house)
{
    private static readonly StatusProblem Stops = new("disk_full", "the disk is full", "make room", StopsService: true);
    private static readonly StatusProblem Nuisance = new("slow", "it is slow", "wait", StopsService: false);

    [Fact]
    public async Task A_node_with_a_live_consensus_is_ready_and_problems_that_stop_it_make_it_degraded()
    {
        await house.ReadyAsync();

        Assert.Equal(NodeStatus.Ready, Take([]).State);
        Assert.Equal(NodeStatus.Ready, Take([Nuisance]).State);
        var degraded = Take([Nuisance, Stops]);
        Assert.Equal(NodeStatus.Degraded, degraded.State);
        Assert.Equal(["disk_full", "network_too_small", "slow"], degraded.Problems.Select(problem => problem.Code));
    }

    [Fact]
    public async Task A_node_that_stops_says_so_whatever_else_is_wrong()
    {
        await house.ReadyAsync();
        Assert.Equal(NodeStatus.Stopping, Take([Stops], stopping: true).State);
    }

    [Fact]
    public async Task A_consensus_that_ran_out_is_starting_at_first_and_degraded_for_a_node_that_was_ready()
    {
        await house.ReadyAsync();
        var later = new ManualTime();
        later.Advance(TimeSpan.FromDays(36_500));
        var never = new NodeStatus(house.Surface.Node, later, () => false, () => []);
        var time = new SwitchedTime(TimeProvider.System, later);
        var once = new NodeStatus(house.Surface.Node, time, () => false, () => []);

        Assert.Equal(NodeStatus.Starting, never.Take().State);
        Assert.Equal(NodeStatus.Ready, once.Take().State);
        time.Switch();
        Assert.Equal(NodeStatus.Degraded, once.Take().State);
        Assert.True(once.Take().Problems[0].StopsService);
    }

    private StatusDocument Take(StatusProblem[] problems, bool stopping = false) =>
        new NodeStatus(house.Surface.Node, TimeProvider.System, () => stopping, () => problems).Take();

    private sealed class SwitchedTime(TimeProvider before, TimeProvider after) : TimeProvider
    {
        private bool _switched;

        public override DateTimeOffset GetUtcNow() => (_switched ? after : before).GetUtcNow();

        internal void Switch() => _switched = true;
    }
}

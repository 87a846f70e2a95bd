using Veil.Simulation.Scenarios;
using Xunit;

namespace Veil.Simulation.Tests.Scenarios;

public sealed class GossipScenarioTests
{
    private readonly ScenarioRunner _runner = new(TimeProvider.System);
    private readonly Scenario _gossip = ScenarioRegistry.Find("gossip")!;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_same_seed_twice_gives_the_same_trace(ulong seed)
    {
        var first = _runner.Run(_gossip, seed);
        var second = _runner.Run(_gossip, seed);

        Assert.Null(first.Violation);
        Assert.Equal(first.TraceHash, second.TraceHash);
        Assert.Equal(first.Steps, second.Steps);
        Assert.Equal(first.VirtualTime, second.VirtualTime);
    }

    [Fact]
    public void Another_seed_gives_another_trace() =>
        Assert.NotEqual(_runner.Run(_gossip, 1, nodes: 10).TraceHash, _runner.Run(_gossip, 2, nodes: 10).TraceHash);

    [Fact]
    public void A_thousand_nodes_agree()
    {
        var result = _runner.Run(_gossip, seed: 3, nodes: 1000);

        Assert.Null(result.Violation);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{result.Steps} events in {result.RealTime.TotalSeconds:F2} s, "
            + $"{result.Steps / result.RealTime.TotalSeconds:F0}/s, {result.VirtualTime.TotalSeconds:F1} virtual s");
    }

    [Fact]
    public void A_broken_invariant_is_the_violation_of_the_result()
    {
        var broken = new Scenario("broken", "breaks", 1, static async world =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), world.Kernel.Root.Time);
            world.Require(false, "one is two");
        });

        var result = _runner.Run(broken, seed: 5);

        Assert.Equal("one is two (at 00:00:01)", result.Violation);
        Assert.Equal(TimeSpan.FromSeconds(1), result.VirtualTime);
    }
}

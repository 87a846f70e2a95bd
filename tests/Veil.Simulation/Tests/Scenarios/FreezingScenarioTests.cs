using Veil.Simulation.Scenarios;
using Xunit;

namespace Veil.Simulation.Tests.Scenarios;

/// <summary>Relays that stand still in the middle of a fetch (spec/circuit.md, section 6).</summary>
public sealed class FreezingScenarioTests
{
    [Fact]
    public void Nobody_waits_for_a_frozen_relay_to_wake()
    {
        var runner = new ScenarioRunner(TimeProvider.System);
        var freezing = ScenarioRegistry.Find("freezing")!;
        for (ulong seed = 1; seed <= 12; seed++)
        {
            Assert.Null(runner.Run(freezing, seed).Violation);
        }
    }
}

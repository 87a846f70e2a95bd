namespace Veil.Simulation.Scenarios;

/// <summary>The scenarios by name.</summary>
public static class ScenarioRegistry
{
    /// <summary>Every scenario; the first one is played unless another is named.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
        [SharingScenario.Create(), SharingScenario.CreateFreezing(), GossipScenario.Create()];

    /// <summary>The scenario of this name, or null.</summary>
    public static Scenario? Find(string name) =>
        All.FirstOrDefault(scenario => string.Equals(scenario.Name, name, StringComparison.Ordinal));
}

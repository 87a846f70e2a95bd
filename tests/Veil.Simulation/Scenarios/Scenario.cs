namespace Veil.Simulation.Scenarios;

/// <summary>A story that is played with a seed: it builds hosts, breaks some and checks what must hold.</summary>
/// <param name="Name">The word on the command line.</param>
/// <param name="Summary">One line of what it shows.</param>
/// <param name="DefaultNodes">How many hosts it has unless told otherwise.</param>
/// <param name="Play">
/// Runs on the root host until the story ends. It throws where an invariant is broken;
/// <see cref="ScenarioWorld.Require"/> does.
/// </param>
public sealed record Scenario(string Name, string Summary, int DefaultNodes, Func<ScenarioWorld, Task> Play);

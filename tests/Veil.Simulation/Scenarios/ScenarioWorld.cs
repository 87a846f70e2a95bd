using Veil.Simulation.Kernel;
using Veil.Simulation.Network;

namespace Veil.Simulation.Scenarios;

/// <summary>What a scenario is played in.</summary>
/// <param name="Kernel">The loop; its <see cref="SimulationKernel.Decisions"/> choose topology and faults.</param>
/// <param name="Network">The wires, without hosts yet.</param>
/// <param name="Nodes">How many hosts are wanted.</param>
public sealed record ScenarioWorld(SimulationKernel Kernel, SimulatedNetwork Network, int Nodes)
{
    /// <summary>Ends the run with <paramref name="invariant"/> as its violation unless it holds.</summary>
    /// <exception cref="InvariantViolationException"><paramref name="holds"/> is false.</exception>
    public void Require(bool holds, string invariant)
    {
        if (!holds)
            throw new InvariantViolationException($"{invariant} (at {Kernel.Elapsed})");
    }

    /// <summary>The address of the host with this number, counted from 0.</summary>
    public static string AddressOf(int index)
    {
        var host = index + 1;
        return $"10.{host >> 16}.{(host >> 8) & 0xff}.{host & 0xff}";
    }
}

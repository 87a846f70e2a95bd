using Veil.Simulation.Kernel;
using Veil.Simulation.Network;
using Veil.Simulation.Tracing;

namespace Veil.Simulation.Scenarios;

/// <summary>Plays scenarios, one seed after the other, and measures the real time by the given clock.</summary>
public sealed class ScenarioRunner(TimeProvider realTime)
{
    /// <summary>Plays <paramref name="scenario"/> with <paramref name="seed"/> on the calling thread.</summary>
    /// <param name="scenario">The story.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="nodes">How many hosts; null for the scenario's own number.</param>
    /// <param name="listener">Gets every event of the trace, or null.</param>
    public ScenarioResult Run(Scenario scenario, ulong seed, int? nodes = null, Action<TraceEvent>? listener = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var started = realTime.GetTimestamp();
        var kernel = new SimulationKernel(seed);
        kernel.Trace.Listener = listener;
        var world = new ScenarioWorld(kernel, new SimulatedNetwork(kernel), nodes ?? scenario.DefaultNodes);
        string? violation = null;
        try
        {
            kernel.RunUntil(() => scenario.Play(world));
        }
#pragma warning disable CA1031 // Whatever goes wrong in a run is the finding that is reported with its seed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            violation = exception is InvariantViolationException or SimulationException
                ? exception.Message
                : exception.ToString();
        }
        return new ScenarioResult(
            seed,
            kernel.Trace.ToHex(),
            kernel.Steps,
            kernel.Elapsed,
            realTime.GetElapsedTime(started),
            violation,
            kernel.Trace.Tail());
    }
}

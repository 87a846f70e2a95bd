using Veil.Simulation.Tracing;

namespace Veil.Simulation.Scenarios;

/// <summary>What came of one seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="TraceHash">The trace, 64 hex digits: equal for equal seeds and equal code.</param>
/// <param name="Steps">Callbacks run.</param>
/// <param name="VirtualTime">How long it was for the hosts.</param>
/// <param name="RealTime">How long it took.</param>
/// <param name="Violation">What went wrong, or null.</param>
/// <param name="Tail">The last events before the end, oldest first.</param>
public sealed record ScenarioResult(
    ulong Seed,
    string TraceHash,
    long Steps,
    TimeSpan VirtualTime,
    TimeSpan RealTime,
    string? Violation,
    IReadOnlyList<TraceEvent> Tail);

namespace Veil.Simulation.Tracing;

/// <summary>One thing that happened: when, where, what, and two numbers (a peer and a size, for example).</summary>
public readonly record struct TraceEvent(TimeSpan At, string Node, string Kind, long A, long B)
{
    /// <summary>One line, for people.</summary>
    public override string ToString() => $"{At.TotalSeconds:F6} {Node} {Kind} {A} {B}";
}

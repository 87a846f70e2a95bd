namespace Veil.Simulation.Scenarios;

/// <summary>Something that must hold in every run did not.</summary>
public sealed class InvariantViolationException(string message) : Exception(message);

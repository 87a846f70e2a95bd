namespace Veil.Node.Control;

/// <summary>A request that failed.</summary>
public sealed record ErrorAnswer(ControlError Error);

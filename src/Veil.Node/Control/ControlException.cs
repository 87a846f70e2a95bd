namespace Veil.Node.Control;

/// <summary>
/// A request that the control API refuses or that failed (spec/control.md, section 3). Neither text names a key, a
/// path or a file.
/// </summary>
public sealed class ControlException(int status, ControlError error) : Exception(error.Message)
{
    /// <summary>HTTP status.</summary>
    public int Status => status;

    /// <summary>What is told.</summary>
    public ControlError Error => error;
}

/// <summary>An error as clients see it.</summary>
/// <param name="Code">A stable word for programs.</param>
/// <param name="Message">For a person: what went wrong; lower case, no full stop.</param>
/// <param name="Hint">For a person: what to do.</param>
public sealed record ControlError(string Code, string Message, string Hint);

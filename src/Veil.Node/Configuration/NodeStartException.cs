using Veil.Node.Control;

namespace Veil.Node.Configuration;

/// <summary>A node cannot start; nothing was changed. The message says what is wrong, the hint what to do.</summary>
public sealed class NodeStartException(string code, string message, string hint, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>A stable word for scripts, in snake_case.</summary>
    public string Code => code;

    /// <summary>What to do.</summary>
    public string Hint => hint;

    /// <summary>Whether the fault lies in what was asked, not in the machine: exit code 2.</summary>
    public bool IsUsage { get; init; }

    /// <summary>A control socket that cannot be had.</summary>
    internal static NodeStartException Of(ControlException fault) =>
        new(fault.Error.Code, fault.Error.Message, fault.Error.Hint, fault);
}

using Veil.Node.Configuration;

namespace Veil.Cli.Output;

/// <summary>A command cannot do what was asked: what went wrong, and what to do about it.</summary>
internal sealed class CliFailure(int exitCode, string code, string message, string hint) : Exception(message)
{
    /// <summary>What a node says that cannot start.</summary>
    internal static CliFailure Of(NodeStartException fault) =>
        new(fault.IsUsage ? ExitCodes.Usage : ExitCodes.Failed, fault.Code, fault.Message, fault.Hint);

    /// <summary>The process's exit code.</summary>
    internal int ExitCode => exitCode;

    /// <summary>A stable word for scripts.</summary>
    internal string Code => code;

    /// <summary>What to do.</summary>
    internal string Hint => hint;
}

namespace Veil.Cli.Output;

/// <summary>A command cannot do what was asked: what went wrong, and what to do about it.</summary>
internal sealed class CliFailure(int exitCode, string code, string message, string hint) : Exception(message)
{
    /// <summary>The process's exit code.</summary>
    internal int ExitCode => exitCode;

    /// <summary>A stable word for scripts.</summary>
    internal string Code => code;

    /// <summary>What to do.</summary>
    internal string Hint => hint;
}

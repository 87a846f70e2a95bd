namespace Veil.Tools.Testnet;

/// <summary>A command cannot do what was asked: what went wrong, and what to do about it.</summary>
internal sealed class TestnetFailure(int exitCode, string code, string message, string hint) : Exception(message)
{
    /// <summary>The process's exit code.</summary>
    internal int ExitCode => exitCode;

    /// <summary>A stable word for scripts.</summary>
    internal string Code => code;

    /// <summary>What to do.</summary>
    internal string Hint => hint;
}

/// <summary>What the process says to scripts when it ends; the same numbers as the veil program's.</summary>
internal static class ExitCodes
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int NotRunning = 3;
    internal const int NotFound = 4;
    internal const int Interrupted = 130;
}

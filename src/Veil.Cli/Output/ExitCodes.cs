namespace Veil.Cli.Output;

/// <summary>What the process says to scripts when it ends.</summary>
internal static class ExitCodes
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int VerificationFailed = 5;
    internal const int Interrupted = 130;
}

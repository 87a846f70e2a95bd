namespace Veil.Cli.Output;

/// <summary>What the process says to scripts when it ends.</summary>
internal static class ExitCodes
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int NotRunning = 3;
    internal const int NotFound = 4;
    internal const int VerificationFailed = 5;
    internal const int Interrupted = 130;

    /// <summary>The exit code of an error that the node told.</summary>
    internal static int Of(string code) => code switch
    {
        Node.Control.ControlClient.NotRunning => NotRunning,
        "not_found" or "no_such_path" => NotFound,
        "verification_failed" or "signature_wrong" or "name_rolled_back" or "name_forked" => VerificationFailed,
        "bad_key" or "bad_name" or "unknown_setting" or "bad_value" => Usage,
        "bad_licence" or "bad_rights_holder" or "bad_range" => Usage,
        _ => Failed,
    };
}

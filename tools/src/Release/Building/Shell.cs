using System.Diagnostics;
using System.Text;

namespace Veil.Tools.Release.Building;

/// <summary>Runs other programs: git and dotnet, and the built program for its help.</summary>
/// <param name="variation">How the surroundings differ in this build.</param>
internal sealed class Shell(Variation variation)
{
    private const int MaxQuotedLines = 40;

    // What would let a setting of this machine, or of this moment, into the build.
    private static readonly string[] _removed =
    [
        "CI", "Configuration", "Platform", "VersionSuffix", "VersionPrefix", "Version", "SOURCE_DATE_EPOCH",
        "DirectoryBuildPropsPath", "MSBuildSDKsPath",
    ];

    /// <summary>Runs a program to its end and returns its standard output.</summary>
    /// <exception cref="ReleaseException">It ended with another code than 0; the message quotes its last
    /// lines.</exception>
    internal async Task<string> RunAsync(string folder, CancellationToken cancellation, params string[] command)
    {
        using var process = Process.Start(Start(folder, command))!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var errors = process.StandardError.ReadToEndAsync(cancellation);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancellation);
            return process.ExitCode == 0
                ? await output
                : throw new ReleaseException(
                    $"{string.Join(' ', command)}\nended with exit code {process.ExitCode}:\n"
                    + Last(await output + await errors));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private ProcessStartInfo Start(string folder, string[] command)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in new[] { "-c", "umask \"$0\" && exec \"$@\"", variation.Mask }.Concat(command))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in _removed)
        {
            start.Environment.Remove(name);
        }

        start.Environment["TZ"] = variation.TimeZone;
        start.Environment["LANG"] = start.Environment["LC_ALL"] = variation.Locale;
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        // Nothing stays behind that holds files or memory after the build.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        return start;
    }

    private static string Last(string text) =>
        string.Join('\n', text.TrimEnd().Split('\n').TakeLast(MaxQuotedLines));
}

/// <summary>What may differ between two builds without changing their bytes.</summary>
/// <param name="Folder">Where, below the temporary folder, the clone is made.</param>
/// <param name="Mask">The umask, octal.</param>
/// <param name="TimeZone">The time zone.</param>
/// <param name="Locale">The language of the surroundings.</param>
/// <param name="Jobs">How many projects are built at once.</param>
internal sealed record Variation(string Folder, string Mask, string TimeZone, string Locale, int Jobs)
{
    /// <summary>The ordinary build.</summary>
    internal static Variation First { get; } = new("first", "022", "UTC", "C.UTF-8", 2);

    /// <summary>As unlike the first as can be without another machine.</summary>
    internal static Variation Second { get; } =
        new("second/in/a much deeper folder", "077", "Pacific/Kiritimati", "tr_TR.UTF-8", 1);
}

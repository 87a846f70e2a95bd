using System.Diagnostics;
using Xunit;

namespace Veil.EndToEnd;

/// <summary>A program of the project as another process, ended with the test.</summary>
internal static class ToolProcess
{
    /// <summary>Runs an assembly that stands beside the tests.</summary>
    internal static Task<ToolResult> RunAsync(string assembly, params string[] arguments) =>
        RunProgramAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly), .. arguments]);

    /// <summary>Runs a program of the system.</summary>
    internal static async Task<ToolResult> RunProgramAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        try
        {
            var token = TestContext.Current.CancellationToken;
            var output = process.StandardOutput.ReadToEndAsync(token);
            var errors = process.StandardError.ReadToEndAsync(token);
            await process.WaitForExitAsync(token);
            return new ToolResult(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>Starts a program of the system, whose output must be read and whose end is the caller's.</summary>
    internal static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}

/// <summary>How a program ended and what it said.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Errors);

using System.Diagnostics;
using Xunit;

namespace Veil.EndToEnd;

/// <summary>A program of the project as another process, ended with the test.</summary>
internal static class ToolProcess
{
    /// <summary>Runs an assembly that stands beside the tests.</summary>
    internal static Task<ToolResult> RunAsync(string assembly, params string[] arguments) =>
        RunProgramAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly), .. arguments]);

    /// <summary>The same with more variables in its environment.</summary>
    internal static Task<ToolResult> RunAsync(
        IReadOnlyDictionary<string, string> environment, string assembly, params string[] arguments) =>
        EndOfAsync(Start(environment, "dotnet", [Path.Combine(AppContext.BaseDirectory, assembly), .. arguments]));

    /// <summary>The same, started by another program, which gets the command as its last arguments.</summary>
    internal static Task<ToolResult> RunInsideAsync(
        string[] inside, IReadOnlyDictionary<string, string> environment, string assembly, params string[] arguments)
    {
        string[] command = [.. inside, "dotnet", Path.Combine(AppContext.BaseDirectory, assembly), .. arguments];
        return EndOfAsync(Start(environment, command[0], command[1..]));
    }

    /// <summary>Runs a program of the system.</summary>
    internal static Task<ToolResult> RunProgramAsync(string program, params string[] arguments) =>
        EndOfAsync(Start(program, arguments));

    /// <summary>The same with more variables in its environment.</summary>
    internal static Task<ToolResult> RunProgramAsync(
        IReadOnlyDictionary<string, string> environment, string program, params string[] arguments) =>
        EndOfAsync(Start(environment, program, arguments));

    /// <summary>Starts a program of the system, whose output must be read and whose end is the caller's.</summary>
    internal static Process Start(string program, params string[] arguments) =>
        Start(new Dictionary<string, string>(), program, arguments);

    private static async Task<ToolResult> EndOfAsync(Process started)
    {
        using var process = started;
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

    /// <summary>Starts a program that is spoken to, whose end is the caller's.</summary>
    internal static Process StartTalking(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

    /// <summary>The same with more variables in its environment.</summary>
    internal static Process Start(
        IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}

/// <summary>How a program ended and what it said.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Errors);

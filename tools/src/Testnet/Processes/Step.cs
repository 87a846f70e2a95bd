using System.Diagnostics;

namespace Veil.Tools.Testnet.Processes;

/// <summary>How a step ended and what it said.</summary>
internal sealed record StepResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The last lines of what it said about a failure.</summary>
    internal string Complaint =>
        string.Join(' ', (Errors.Trim().Length > 0 ? Errors : Output).Trim().Split('\n').TakeLast(3));
}

/// <summary>Commands that prepare or ask something and end by themselves.</summary>
internal static class Step
{
    /// <summary>Runs a command to its end, or ends it when cancelled.</summary>
    /// <param name="network">The network's id.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="input">What it reads on standard input.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">There is no such program.</exception>
    internal static async Task<StepResult> RunAsync(
        string network,
        IReadOnlyList<string> command,
        string input,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        new Tag(network, Part.Step, "").Mark(start);
        try
        {
            using var process = Process.Start(start)!;
            return await EndOfAsync(process, input, cancellationToken);
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            throw new IOException($"cannot start {command[0]}: {fault.Message}", fault);
        }
    }

    private static async Task<StepResult> EndOfAsync(
        Process process,
        string input,
        CancellationToken cancellationToken)
    {
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await GiveAsync(process, input);
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await Task.WhenAll(output, errors);
            throw;
        }

        return new StepResult(process.ExitCode, await output, await errors);
    }

    private static async Task GiveAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading: its exit code tells.
        }
    }
}

using System.Diagnostics;
using Veil.Cli.Output;
using Veil.Node.Measure;

namespace Veil.Cli.Demo;

/// <summary>The yardstick of the same run: a raw copy from another process over loopback.</summary>
internal static class RawMeasure
{
    private const long MinBytes = 256L << 20;
    private const long MaxBytes = 2L << 30;

    /// <summary>MiB per second of a copy of that size, at least 256 MiB and at most 2 GiB.</summary>
    internal static async Task<double> RunAsync(long bytes, CancellationToken cancellationToken)
    {
        using var receiver = new RawCopy();
        long copied = Math.Clamp(bytes, MinBytes, MaxBytes);
        using var sender = StartSender(receiver.Port, copied);
        try
        {
            var result = receiver.Receive(copied, TimeProvider.System);
            await sender.WaitForExitAsync(cancellationToken);
            return result.MebibytesPerSecond;
        }
        finally
        {
            if (!sender.HasExited)
            {
                sender.Kill();
            }
        }
    }

    private static Process StartSender(int port, long bytes)
    {
        string self = Environment.ProcessPath ?? throw new InvalidOperationException("the process has no path");
        var start = new ProcessStartInfo(self);

        // Started by `dotnet veil.dll`, the process is dotnet itself.
        if (Path.GetFileNameWithoutExtension(self).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "veil.dll"));
        }

        start.ArgumentList.Add(RawCopyCommand.Name);
        start.ArgumentList.Add(port.ToString());
        start.ArgumentList.Add(bytes.ToString());
        return Process.Start(start)
            ?? throw new CliFailure(ExitCodes.Failed, "no_process", "cannot start a process to measure with",
                "try again");
    }
}

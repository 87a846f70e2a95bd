using System.Globalization;
using Veil.Node.Measure;

namespace Veil.Bench;

/// <summary>The yardstick itself: <see cref="RawCopy"/> between two processes.</summary>
internal sealed class RawBench : IBench
{
    /// <inheritdoc/>
    public string Name => "raw";

    /// <inheritdoc/>
    public string Summary => "TCP copy on loopback, two processes, synchronous sockets, 64 KiB buffers";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        var runs = CopyRun.Raw();
        return CopyRun.Report(this, runs, runs);
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments)
    {
        if (role == CopyRun.ReceiveRole)
        {
            using var copy = new RawCopy();
            Console.WriteLine(copy.Port);
            ProcessFigures.Say(copy.Receive(CopyRun.Bytes, TimeProvider.System));
        }
        else
        {
            var port = int.Parse(arguments[0], CultureInfo.InvariantCulture);
            ProcessFigures.Say(RawCopy.Send(port, CopyRun.Bytes, TimeProvider.System));
        }

        return Task.CompletedTask;
    }
}

using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Veil.Links.Tcp;
using Veil.Node.Measure;

namespace Veil.Bench;

/// <summary>A bare copy through the product's TCP transport, no framing: what a link pays before any cipher.</summary>
internal sealed class TcpBench : IBench
{
    /// <inheritdoc/>
    public string Name => "tcp";

    /// <inheritdoc/>
    public string Summary => "the same copy through the pipes of Veil.Links/Tcp";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        var raw = new RawBench();
        var pairs = Enumerable.Range(0, CopyRun.Samples)
            .Select(_ => (Tcp: CopyRun.Of(this), Raw: CopyRun.Of(raw)))
            .ToArray();
        return CopyRun.Report(this, [.. pairs.Select(pair => pair.Tcp)], [.. pairs.Select(pair => pair.Raw)]);
    }

    /// <inheritdoc/>
    public async Task PlayAsync(string role, string[] arguments)
    {
        using var transport = new TcpTransport();
        if (role == CopyRun.ReceiveRole)
        {
            await using var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
            Console.WriteLine(((IPEndPoint)listener.EndPoint).Port);
            await using var connection = await listener.AcceptAsync()
                ?? throw new IOException("the listener closed");
            ProcessFigures.Say(await MeasureAsync(bytes => ReceiveAsync(connection.Transport.Input, bytes)));
        }
        else
        {
            var port = int.Parse(arguments[0], CultureInfo.InvariantCulture);
            await using var connection = await transport.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            var figures = await MeasureAsync(bytes => SendAsync(connection.Transport.Output, bytes));
            await connection.Transport.Output.CompleteAsync();
            ProcessFigures.Say(figures);
        }
    }

    private static async Task<RawCopyResult> MeasureAsync(Func<long, Task> pass)
    {
        await pass(RawCopy.WarmUpBytes);
        var processor = Environment.CpuUsage.TotalTime;
        var start = TimeProvider.System.GetTimestamp();
        await pass(CopyRun.Bytes);
        return new RawCopyResult(
            CopyRun.Bytes,
            TimeProvider.System.GetElapsedTime(start),
            Environment.CpuUsage.TotalTime - processor);
    }

    private static async Task SendAsync(PipeWriter output, long bytes)
    {
        while (bytes > 0)
        {
            var room = output.GetMemory();
            var count = (int)Math.Min(room.Length, bytes);
            output.Advance(count);
            bytes -= count;
            await output.FlushAsync();
        }
    }

    private static async Task ReceiveAsync(PipeReader input, long bytes)
    {
        while (bytes > 0)
        {
            var read = await input.ReadAsync();
            if (read.IsCompleted && read.Buffer.IsEmpty)
            {
                throw new IOException("the copy ended early");
            }

            // The last read of the warm-up may hold bytes of what follows.
            var taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, bytes));
            bytes -= taken.Length;
            input.AdvanceTo(taken.End);
        }
    }
}

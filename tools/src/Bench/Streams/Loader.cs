using System.Globalization;
using Veil.Node.Measure;

namespace Veil.Bench.Streams;

/// <summary>A child process that downloads without end, each stream for a user and so on a circuit of its own; one that
/// breaks begins anew. It says a line when all streams have brought a MiB, and at the end how many broke.</summary>
internal sealed class Loader(Route route, int streams) : IDisposable
{
    internal const string Role = "load";

    private const long Started = 1 << 20;
    private const long WithoutEnd = 1L << 60;
    private const int MaxBroken = 1000;

    private readonly CountdownEvent _running = new(streams);
    private int _broken;

    /// <summary>Ends the child.</summary>
    /// <returns>How many downloads broke.</returns>
    internal static int End(ChildProcess child)
    {
        child.GoOn();
        int broken = int.Parse(child.ReadLine(), CultureInfo.InvariantCulture);
        child.Dispose();
        return broken;
    }

    /// <summary>The child.</summary>
    internal static async Task PlayAsync(Route route, string[] arguments)
    {
        using var loader = new Loader(route, int.Parse(arguments[0], CultureInfo.InvariantCulture));
        await loader.RunAsync();
    }

    /// <inheritdoc/>
    public void Dispose() => _running.Dispose();

    private async Task RunAsync()
    {
        for (int stream = 0; stream < streams; stream++)
        {
            string user = $"load{stream}";
            new Thread(() => DownloadAgain(user)) { IsBackground = true }.Start();
        }

        _running.Wait();
        Console.WriteLine();
        await ParentProcess.WaitForLineAsync();
        Console.WriteLine(Volatile.Read(ref _broken));
    }

    private void DownloadAgain(string user)
    {
        for (bool first = true; ; first = false)
        {
            try
            {
                using var socket = route.Open(user, new TargetRequest(TargetKind.Send, WithoutEnd));
                Receive(socket, first);
            }
            catch (IOException fault)
            {
                Console.Error.WriteLine($"bench: {fault.Message}");
                if (Interlocked.Increment(ref _broken) > MaxBroken)
                {
                    throw;
                }
            }
        }
    }

    private void Receive(PlainSocket socket, bool first)
    {
        var buffer = new byte[RawCopy.BufferBytes];
        for (long done = 0; ;)
        {
            int count = socket.Receive(buffer);
            long before = done;
            done += count > 0 ? count : throw new IOException("a download ended early");
            if (first && before < Started && done >= Started)
            {
                _running.Signal();
            }
        }
    }
}

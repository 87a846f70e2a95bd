using System.Globalization;
using Veil.Node.Measure;

namespace Veil.Bench.Streams;

/// <summary>A child process that downloads without end, each stream for a user and so on a circuit of its own. It says
/// a line when all streams have brought a MiB.</summary>
internal static class Loader
{
    internal const string Role = "load";

    private const long Started = 1 << 20;
    private const long WithoutEnd = 1L << 60;

    internal static void Play(Route route, string[] arguments)
    {
        int streams = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        using var running = new CountdownEvent(streams);
        for (int stream = 0; stream < streams; stream++)
        {
            var socket = route.Open($"load{stream}", new TargetRequest(TargetKind.Send, WithoutEnd));
            new Thread(() => Receive(socket, running)).Start();
        }

        running.Wait();
        Console.WriteLine();

        // The bench ends this process.
        Thread.CurrentThread.Join();
    }

    private static void Receive(PlainSocket socket, CountdownEvent running)
    {
        var buffer = new byte[RawCopy.BufferBytes];
        bool counted = false;
        for (long done = 0; ;)
        {
            int count = socket.Receive(buffer);
            done += count > 0 ? count : throw new IOException("a download ended early");
            if (!counted && done >= Started)
            {
                counted = true;
                running.Signal();
            }
        }
    }
}

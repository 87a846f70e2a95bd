using System.Globalization;
using Veil.Node.Measure;

namespace Veil.Bench.Streams;

/// <summary>A child process that copies one connection to a port and back, two threads with synchronous sockets: the
/// least that a node on the way can do. Its first line is its port.</summary>
internal static class PlainForwarder
{
    internal const string Role = "forward";

    internal static void Play(string[] arguments)
    {
        using var listener = PlainSocket.Listen();
        Console.WriteLine(listener.Port);
        using var near = listener.Accept();
        using var far = PlainSocket.Connect(int.Parse(arguments[0], CultureInfo.InvariantCulture));
        new Thread(() => Copy(far, near)) { IsBackground = true }.Start();
        Copy(near, far);
    }

    private static void Copy(PlainSocket from, PlainSocket to)
    {
        var buffer = new byte[RawCopy.BufferBytes];
        try
        {
            while (from.Receive(buffer) is > 0 and var count)
            {
                to.SendAll(buffer.AsSpan(0, count));
            }
        }
        catch (IOException)
        {
            // One side has gone: the process ends.
        }
    }
}

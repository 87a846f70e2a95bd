using System.Globalization;
using System.Text.Json;

namespace Veil.Bench.Streams;

/// <summary>A child process that sends one byte and waits until it is back, again and again over one stream, whose
/// user is its own. One line: milliseconds of each.</summary>
internal static class Echo
{
    internal const string Role = "echo";

    // So many more come first, for the nodes' code to be compiled: a quarter.
    private const int WarmUpShare = 4;

    /// <summary>Starts the child and reads its times.</summary>
    internal static double[] Play(IBench bench, Route route, int count)
    {
        using var child = new ChildProcess(bench, Role, [.. route.ToArguments(), $"{count}"]);
        return JsonSerializer.Deserialize<double[]>(child.ReadLine())!;
    }

    /// <summary>The child.</summary>
    internal static void Play(Route route, string[] arguments)
    {
        var times = new double[int.Parse(arguments[0], CultureInfo.InvariantCulture)];
        using var socket = route.Open("echo", new TargetRequest(TargetKind.Echo, 0));
        Span<byte> one = stackalloc byte[1];
        for (int index = -times.Length / WarmUpShare; index < times.Length; index++)
        {
            long start = TimeProvider.System.GetTimestamp();
            socket.SendAll(one);
            socket.ReceiveAll(one);
            if (index >= 0)
            {
                times[index] = TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        Console.WriteLine(JsonSerializer.Serialize(times));
    }
}

using System.Globalization;
using System.Text.Json;

namespace Veil.Bench.Streams;

/// <summary>
/// A child process that takes the time from connecting to the gateway to the first byte of the target, by turns for a
/// user who was there a moment ago and for one who never was. One line.
/// </summary>
internal static class FirstByte
{
    internal const string Role = "first";

    // Until then the relays have not all made their links to each other.
    private const int WarmUp = 8;

    /// <summary>Starts the child and reads its times.</summary>
    internal static FirstByteTimes Play(StreamNet net, int count)
    {
        using var child = net.Start(Role, $"{count}");
        return JsonSerializer.Deserialize<FirstByteTimes>(child.ReadLine())!;
    }

    /// <summary>The child.</summary>
    internal static void Play(Route route, string[] arguments)
    {
        int count = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        var times = new FirstByteTimes([], []);
        for (int index = -WarmUp; index < count; index++)
        {
            double fresh = Once(route, $"new{index}");
            double warm = Once(route, "first");
            if (index >= 0)
            {
                times.Fresh.Add(fresh);
                times.Warm.Add(warm);
            }
        }

        Console.WriteLine(JsonSerializer.Serialize(times));
    }

    private static double Once(Route route, string user)
    {
        Span<byte> one = stackalloc byte[1];
        long start = TimeProvider.System.GetTimestamp();
        using var socket = route.Open(user, new TargetRequest(TargetKind.Send, one.Length));
        socket.ReceiveAll(one);
        return TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
    }
}

/// <summary>Milliseconds to the first byte.</summary>
/// <param name="Warm">Of a user whose circuit is there.</param>
/// <param name="Fresh">Of a user who has none yet.</param>
internal sealed record FirstByteTimes(List<double> Warm, List<double> Fresh);

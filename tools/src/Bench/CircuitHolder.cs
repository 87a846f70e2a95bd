using System.Globalization;
using System.Text.Json;
using Veil.Circuits.Client;
using Veil.Wire.Documents;

namespace Veil.Bench;

/// <summary>
/// A child process that builds circuits whose first hop is always the same relay, and holds them idle. Its lines: the
/// seconds that building took; after the time they were to be held, how many are still open.
/// </summary>
internal static class CircuitHolder
{
    internal const string Role = "build";

    // A client's link holds 4,096 circuits: as many clients as it takes.
    private const int CircuitsPerLink = 4_000;
    private const int InFlight = 64;
    private const int MaxRefused = 200;

    /// <summary>Starts the child.</summary>
    /// <param name="bench">Must call <see cref="PlayAsync"/> for <see cref="Role"/>.</param>
    /// <param name="net">The network.</param>
    /// <param name="relay">Identity of the first hop.</param>
    /// <param name="load">How many circuits, of how many hops (1 or 2), for how many seconds.</param>
    internal static ChildProcess Start(
        IBench bench,
        LabNet net,
        string relay,
        (int Circuits, int Hops, int Seconds) load) => new(
            bench, Role, net.NetworkFile, relay, $"{load.Circuits}", $"{load.Hops}", $"{load.Seconds}");

    /// <summary>The child.</summary>
    internal static async Task PlayAsync(string[] arguments)
    {
        var numbers = arguments[2..].Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        await using var client = await BenchClient.JoinAsync(arguments[0]);
        var guard = client.Relay(arguments[1]);
        var others = client.Relays.Where(entry => entry.Identity != guard.Identity).ToArray();
        var paths = numbers[1] == 1
            ? [[guard]]
            : others.Select(other => (RelayEntry[])[guard, other]).ToArray();
        long start = TimeProvider.System.GetTimestamp();
        var circuits = await BuildAsync(client, paths, numbers[0]);
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(seconds.ToString(CultureInfo.InvariantCulture));
        await Task.Delay(TimeSpan.FromSeconds(numbers[2]), TimeProvider.System);
        Console.WriteLine(JsonSerializer.Serialize(circuits.Count(circuit => !circuit.IsClosed)));

        // The parent looks at the relay once more, and ends this process.
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
    }

    private static async Task<List<ClientCircuit>> BuildAsync(BenchClient client, RelayEntry[][] paths, int count)
    {
        var built = new List<ClientCircuit>();
        int refused = 0;
        while (built.Count < count)
        {
            var links = client.MakeLinks(CircuitsPerLink);
            int part = Math.Min(CircuitsPerLink, count - built.Count);
            for (int done = 0; done < part; done += InFlight)
            {
                var batch = await Task.WhenAll(Enumerable.Range(done, Math.Min(InFlight, part - done)).Select(
                    index => BuildOneAsync(links, paths[index % paths.Length])));
                built.AddRange(batch.OfType<ClientCircuit>());
                refused += batch.Count(circuit => circuit is null);
                if (refused > MaxRefused)
                {
                    throw new IOException($"{refused} circuits were refused after {built.Count}");
                }
            }
        }

        return built;
    }

    private static async Task<ClientCircuit?> BuildOneAsync(ClientLinks links, RelayEntry[] path)
    {
        try
        {
            return await links.BuildAsync(path);
        }
        catch (CircuitFailedException refusal)
        {
            Console.Error.WriteLine($"bench: {refusal.Message}");
            return null;
        }
    }
}

using System.Globalization;

namespace Veil.Bench.Streams;

/// <summary>
/// A lab network in which every stream to the exit passes the same three relays, since there are no others: relay1,
/// relay2 and store1, in whatever order the gateway takes them; and a target server.
/// </summary>
internal sealed class StreamNet : IDisposable
{
    private readonly IBench _bench;
    private readonly ChildProcess _target;

    private StreamNet(IBench bench, LabNet net, ChildProcess target)
    {
        _bench = bench;
        Net = net;
        _target = target;
        string socks = net["gateway1"].Status().Socks!;
        Route = new Route(
            int.Parse(socks[(socks.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture),
            int.Parse(target.ReadLine(), CultureInfo.InvariantCulture));
    }

    /// <summary>Names of the three relays.</summary>
    internal static IReadOnlyList<string> Relays { get; } = ["relay1", "relay2", "store1"];

    /// <summary>Names of all nodes on the way.</summary>
    internal static IReadOnlyList<string> Nodes { get; } = ["gateway1", .. Relays, "exit1"];

    internal LabNet Net { get; }

    /// <summary>Through the gateway to the target.</summary>
    internal Route Route { get; }

    /// <summary>Makes the network and starts the target.</summary>
    /// <exception cref="IOException">It did not come up.</exception>
    internal static StreamNet Start(IBench bench, int latencyMilliseconds = 0)
    {
        var shape = new LabShape(Relays: 2)
        {
            Stores = 1,
            Exits = 1,
            LatencyMilliseconds = latencyMilliseconds,
            IsObserved = true,
        };
        var net = LabNet.Start(bench.Name, shape);
        ChildProcess? target = null;
        try
        {
            target = new ChildProcess(bench, TargetServer.Role);
            return new StreamNet(bench, net, target);
        }
        catch
        {
            target?.Dispose();
            net.Dispose();
            throw;
        }
    }

    /// <summary>What a child process of these benches does.</summary>
    internal static Task PlayAsync(string role, string[] arguments)
    {
        switch (role)
        {
            case TargetServer.Role:
                TargetServer.Play();
                break;
            case PlainForwarder.Role:
                PlainForwarder.Play(arguments);
                break;
            case Download.Role:
                Download.Play(Route.Parse(arguments), arguments[Route.ArgumentCount..]);
                break;
            case Echo.Role:
                Echo.Play(Route.Parse(arguments), arguments[Route.ArgumentCount..]);
                break;
            case FirstByte.Role:
                FirstByte.Play(Route.Parse(arguments), arguments[Route.ArgumentCount..]);
                break;
            case Loader.Role:
                return Loader.PlayAsync(Route.Parse(arguments), arguments[Route.ArgumentCount..]);
            case StalledReaders.Role:
                return StalledReaders.PlayAsync(arguments);
            default:
                return new RawBench().PlayAsync(role, arguments);
        }

        return Task.CompletedTask;
    }

    /// <summary>Starts a client process of a role that takes a route.</summary>
    internal ChildProcess Start(string role, params string[] arguments) =>
        new(_bench, role, [.. Route.ToArguments(), .. arguments]);

    /// <summary>All processes on the way, the client's not among them.</summary>
    internal IEnumerable<(string Name, int Id)> Processes() =>
        [.. Nodes.Select(name => (name, Net[name].Status().Pid)), ("target", _target.Id)];

    /// <inheritdoc/>
    public void Dispose()
    {
        _target.Dispose();
        Net.Dispose();
    }
}

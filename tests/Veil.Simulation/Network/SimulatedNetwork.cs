using System.Net;
using Veil.Simulation.Kernel;

namespace Veil.Simulation.Network;

/// <summary>
/// The wires between the simulated hosts, and the faults that can befall them. Every latency follows from the seed and
/// the two names; every stream keeps its order; every buffer is bounded (<see cref="NetworkOptions"/>).
/// </summary>
public sealed class SimulatedNetwork
{
    // Looked up, never enumerated: their order must not reach the events.
    private readonly Dictionary<IPAddress, HostTransport> _hosts = [];
    private readonly Dictionary<(string From, string To), NetworkPath> _paths = [];
    private int _connections;

    /// <summary>A network without hosts.</summary>
    public SimulatedNetwork(SimulationKernel kernel, NetworkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        Kernel = kernel;
        Options = options ?? new NetworkOptions();
        Segments = new SegmentPool(Options.SegmentBytes);
    }

    /// <summary>The loop that moves the bytes.</summary>
    public SimulationKernel Kernel { get; }

    /// <summary>What the wires are like.</summary>
    public NetworkOptions Options { get; }

    internal SegmentPool Segments { get; }

    /// <summary>Gives <paramref name="host"/> the address; a stopped host's address can be given again.</summary>
    /// <param name="host">The machine.</param>
    /// <param name="address">Its address.</param>
    /// <param name="uplink">What it can send, bytes per second; null as everybody.</param>
    /// <exception cref="ArgumentException">The address belongs to a host that is alive.</exception>
    public HostTransport AddHost(SimulatedHost host, IPAddress address, long? uplink = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(address);
        if (_hosts.TryGetValue(address, out var other) && !other.Host.IsStopped)
            throw new ArgumentException($"{address} is the address of host '{other.Name}'.", nameof(address));
        var transport = new HostTransport(this, host, address, uplink ?? Options.UplinkBytesPerSecond);
        _hosts[address] = transport;
        return transport;
    }

    /// <summary>As <see cref="AddHost(SimulatedHost, IPAddress, long?)"/>, with a new host of this name.</summary>
    public HostTransport AddHost(string name, string address) =>
        AddHost(Kernel.CreateHost(name), IPAddress.Parse(address));

    /// <summary>Lets nothing through between the two, either way, until <see cref="Heal"/>.</summary>
    public void Partition(HostTransport a, HostTransport b)
    {
        Block(a, b);
        Block(b, a);
    }

    /// <summary>Lets nothing through from one to the other until <see cref="Heal"/>; the way back stays open.</summary>
    public void Block(HostTransport from, HostTransport to) => BlockFor(from, to, null);

    /// <summary>Lets nothing through from one to the other for a time.</summary>
    public void Clog(HostTransport from, HostTransport to, TimeSpan duration) => BlockFor(from, to, duration);

    /// <summary>Lets everything through between the two again, and first what was held up.</summary>
    public void Heal(HostTransport a, HostTransport b)
    {
        PathBetween(a, b).Release();
        PathBetween(b, a).Release();
        Kernel.Trace.Record(a.Name, "net.heal", 0);
    }

    /// <summary>Resets a connection from outside, as a box on the way does: both ends learn of it now.</summary>
    public void Cut(SimulatedConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var peer = connection.Outgoing.Receiver;
        Kernel.Trace.Record(connection.Owner.Name, "net.cut", connection.Number);
        connection.ResetReceived();
        peer.ResetReceived();
    }

    /// <summary>
    /// Kills a host's process: none of its code runs again, its ports are free, its streams are reset.
    /// Partition it first for a machine that loses power and says nothing.
    /// </summary>
    public void Kill(HostTransport host)
    {
        ArgumentNullException.ThrowIfNull(host);
        Kernel.Trace.Record(host.Name, "net.kill");
        host.Host.Stop();
        host.CloseAll();
    }

    internal HostTransport? HostAt(IPAddress address) => _hosts.GetValueOrDefault(address);

    internal NetworkPath PathBetween(HostTransport from, HostTransport to)
    {
        if (_paths.TryGetValue((from.Name, to.Name), out var path))
            return path;
        var isInOrder = string.CompareOrdinal(from.Name, to.Name) < 0;
        var pair = isInOrder ? $"{from.Name}|{to.Name}" : $"{to.Name}|{from.Name}";
        var latency = from.Name == to.Name ? TimeSpan.Zero : LatencyOf(pair);
        var jitter = from.Name == to.Name ? TimeSpan.Zero : Options.Jitter;
        path = new NetworkPath(Kernel, Kernel.Decisions.Fork($"path/{from.Name}|{to.Name}"), latency, jitter);
        _paths.Add((from.Name, to.Name), path);
        return path;
    }

    internal int NextConnectionNumber() => ++_connections;

    // Bytes move in the root's context, so that they keep moving when a host is stopped.
    internal void StartFlow(Flow flow) => Kernel.Root.Context.Post(static state => ((Flow)state!).Start(), flow);

    private TimeSpan LatencyOf(string pair) => Options.LatencyFrom == Options.LatencyTo
        ? Options.LatencyFrom
        : Kernel.Decisions.Fork($"latency/{pair}").NextTime(Options.LatencyFrom, Options.LatencyTo);

    private void BlockFor(HostTransport from, HostTransport to, TimeSpan? duration)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        PathBetween(from, to).Block(duration);
        Kernel.Trace.Record(from.Name, "net.block", duration?.Ticks ?? -1);
    }
}

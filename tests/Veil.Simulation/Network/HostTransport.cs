using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Veil.Simulation.Kernel;

namespace Veil.Simulation.Network;

/// <summary>
/// A host's access to the simulated network, in the terms that the product's own transport has: it listens and it
/// connects. Fails as sockets do: with <see cref="AddressInUseException"/> and <see cref="SocketException"/>.
/// </summary>
public sealed class HostTransport : IConnectionListenerFactory, IConnectionFactory
{
    private const int FirstEphemeralPort = 32768;
    private const int EphemeralPorts = 28232;

    private readonly SimulatedNetwork _network;
    private readonly SortedDictionary<int, SimulatedListener> _listeners = [];
    private int _nextEphemeral;

    internal HostTransport(SimulatedNetwork network, SimulatedHost host, IPAddress address, long uplink)
    {
        _network = network;
        Host = host;
        Address = address;
        Uplink = new Uplink(network.Kernel, uplink);
    }

    /// <summary>The machine that this belongs to.</summary>
    public SimulatedHost Host { get; }

    /// <summary>The one address that others reach it by, and that they see it come from.</summary>
    public IPAddress Address { get; }

    /// <summary>The host's name.</summary>
    public string Name => Host.Name;

    /// <summary>This host's open connections, oldest first.</summary>
    public IReadOnlyList<SimulatedConnection> OpenConnections => Connections;

    internal List<SimulatedConnection> Connections { get; } = [];

    internal Uplink Uplink { get; }

    /// <summary>
    /// Listens at <paramref name="endpoint"/>: an <see cref="IPEndPoint"/> with this host's address, any address or
    /// loopback; port 0 chooses one.
    /// </summary>
    /// <exception cref="AddressInUseException">Somebody listens at this port.</exception>
    /// <exception cref="SocketException">The address is not this host's.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        _network.Kernel.RequireLoopThread();
        var wanted = RequireIP(endpoint);
        var isOwn = wanted.Address.Equals(Address) || wanted.Address.Equals(IPAddress.Any)
            || wanted.Address.Equals(IPAddress.IPv6Any) || IPAddress.IsLoopback(wanted.Address);
        if (!isOwn)
            throw new SocketException((int)SocketError.AddressNotAvailable);
        var port = wanted.Port == 0 ? NextEphemeralPort() : wanted.Port;
        if (_listeners.ContainsKey(port))
            throw new AddressInUseException($"Port {port} of {Address} is in use.");
        var listener = new SimulatedListener(this, new IPEndPoint(Address, port), _network.Options.Backlog);
        _listeners.Add(port, listener);
        return ValueTask.FromResult<IConnectionListener>(listener);
    }

    /// <summary>Connects to <paramref name="endpoint"/>, an <see cref="IPEndPoint"/>; loopback is this host.</summary>
    /// <exception cref="SocketException">
    /// ConnectionRefused where nobody listens or the backlog is full, after a round trip; TimedOut where nothing got
    /// through for <see cref="NetworkOptions.ConnectTimeout"/>.
    /// </exception>
    public async ValueTask<ConnectionContext> ConnectAsync(
        EndPoint endpoint,
        CancellationToken cancellationToken = default)
    {
        _network.Kernel.RequireLoopThread();
        var remote = RequireIP(endpoint);
        if (IPAddress.IsLoopback(remote.Address))
            remote = new IPEndPoint(Address, remote.Port);
        using var timeout = new CancellationTokenSource(_network.Options.ConnectTimeout, Host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await ConnectAsync(remote, new IPEndPoint(Address, NextEphemeralPort()), either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    internal SimulatedListener? ListenerAt(int port) =>
        !Host.IsStopped && _listeners.TryGetValue(port, out var listener) ? listener : null;

    internal void Remove(SimulatedListener listener) => _listeners.Remove(listener.Address.Port);

    /// <summary>As the operating system does when a process dies: every stream is reset, every port is free.</summary>
    internal void CloseAll()
    {
        foreach (var listener in _listeners.Values.ToList())
            listener.Close();
        foreach (var connection in Connections.ToList())
            connection.Abort();
    }

    private static IPEndPoint RequireIP(EndPoint endpoint) => endpoint as IPEndPoint
        ?? throw new NotSupportedException($"The simulated network knows IP addresses only, not {endpoint}.");

    private async Task<SimulatedConnection> ConnectAsync(IPEndPoint to, IPEndPoint from, CancellationToken cancellation)
    {
        var target = _network.HostAt(to.Address);
        if (target is null)
        {
            await Task.Delay(_network.Options.LatencyTo, Host.Time, cancellation);
            throw new SocketException((int)SocketError.ConnectionRefused);
        }
        await _network.PathBetween(this, target).PassAsync(Host.Time, cancellation);
        var listener = target.ListenerAt(to.Port);
        if (listener is not { HasRoom: true })
        {
            await _network.PathBetween(target, this).PassAsync(Host.Time, cancellation);
            throw new SocketException((int)SocketError.ConnectionRefused);
        }
        var (client, server) = SimulatedConnection.CreatePair(_network, (this, from), (target, to));
        _network.Kernel.Trace.Record(Name, "net.open", client.Number, server.Number);
        listener.Add(server);
        try
        {
            await _network.PathBetween(target, this).PassAsync(Host.Time, cancellation);
        }
        catch (OperationCanceledException)
        {
            client.Abort();
            throw;
        }
        return client;
    }

    private int NextEphemeralPort()
    {
        for (var tried = 0; tried < EphemeralPorts; tried++)
        {
            var port = FirstEphemeralPort + _nextEphemeral;
            _nextEphemeral = (_nextEphemeral + 1) % EphemeralPorts;
            if (!_listeners.ContainsKey(port))
                return port;
        }
        throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }
}

using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Veil.Simulation.Network;

/// <summary>A listening port of a simulated host, with a bounded backlog.</summary>
public sealed class SimulatedListener : IConnectionListener
{
    private readonly HostTransport _host;
    private readonly int _capacity;
    private readonly Queue<SimulatedConnection> _backlog = new();
    private TaskCompletionSource? _changed;
    private bool _isClosed;

    internal SimulatedListener(HostTransport host, IPEndPoint endPoint, int capacity)
    {
        _host = host;
        _capacity = capacity;
        Address = endPoint;
    }

    /// <summary>The address that others reach; its port is never 0.</summary>
    public EndPoint EndPoint => Address;

    internal IPEndPoint Address { get; }

    internal bool HasRoom => !_isClosed && _backlog.Count < _capacity;

    /// <summary>The next connection, or null once the listener is unbound.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_isClosed)
                return null;
            if (_backlog.TryDequeue(out var connection))
                return connection;
            await (_changed ??= new TaskCompletionSource()).Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Stops listening: who connects later is refused, who was not accepted yet is reset.</summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        Close();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnbindAsync();

    internal void Add(SimulatedConnection connection)
    {
        _backlog.Enqueue(connection);
        Signal();
    }

    internal void Close()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _host.Remove(this);
        while (_backlog.TryDequeue(out var connection))
            connection.Abort();
        Signal();
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = null;
        changed?.SetResult();
    }
}

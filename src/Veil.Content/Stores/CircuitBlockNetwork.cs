using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Content.Edge;
using Veil.Directory.Paths;
using Veil.Directory.Ring;
using Veil.Wire;

namespace Veil.Content.Stores;

/// <summary>
/// Blocks to and from stores over onion circuits: the product's <see cref="IBlockNetwork"/>. Each group has a
/// connection of its own to each store it uses.
/// </summary>
public sealed class CircuitBlockNetwork : IBlockNetwork, IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(30);

    private readonly CircuitContext _context;
    private readonly TrunkPool _trunks;
    private readonly NetworkView _view;
    private readonly StoreClientOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<(IsolationGroup Group, TrunkPurpose Purpose, RelayId Store),
        Task<StoreConnection>> _connections = [];
    private readonly ITimer _sweep;
    private readonly ResponsePace _puts;
    private readonly ResponsePace _gets;
    private bool _disposed;

    /// <summary>Uses the client's trunks.</summary>
    public CircuitBlockNetwork(CircuitContext context, TrunkPool trunks, NetworkView view, StoreClientOptions options)
    {
        _context = context;
        _trunks = trunks;
        _view = view;
        _options = options;
        _puts = new ResponsePace(context.Time, options.RequestTimeout, options.ShortestTimeout, options.RequestTimeout);
        _gets = new ResponsePace(context.Time, options.RequestTimeout, options.ShortestTimeout, options.RequestTimeout);
        _sweep = context.Time.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
    }

    /// <inheritdoc/>
    public StoreRing Ring => _view.Consensus?.Ring ?? new StoreRing([]);

    /// <inheritdoc/>
    public ValueTask<StoreOutcome> StoreAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        CancellationToken cancellationToken) => AskAsync(
            (group, TrunkPurpose.Publish, store),
            _puts,
            (connection, token) => connection.PutAsync(reference, _options.LeaseDays, block, token),
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StoreOutcome> FetchAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        Memory<byte> destination,
        CancellationToken cancellationToken) => AskAsync(
            (group, TrunkPurpose.Fetch, store),
            _gets,
            (connection, token) => connection.GetAsync(reference, destination, token),
            cancellationToken);

    /// <summary>Ends all connections.</summary>
    public void Dispose()
    {
        _sweep.Dispose();
        lock (_lock)
        {
            _disposed = true;
            foreach (var connection in _connections.Values.Where(task => task.IsCompletedSuccessfully))
            {
                connection.Result.Dispose();
            }

            _connections.Clear();
        }
    }

    private async ValueTask<StoreOutcome> AskAsync(
        (IsolationGroup Group, TrunkPurpose Purpose, RelayId Store) place,
        ResponsePace pace,
        Func<StoreConnection, CancellationToken, Task<StoreOutcome>> ask,
        CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(pace.Limit, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        StoreConnection? connection = null;
        long replies = 0;
        try
        {
            connection = await ConnectAsync(place).WaitAsync(either.Token);
            replies = connection.Replies;
            connection.LastUsed = _context.Time.GetTimestamp();
            long start = _context.Time.GetTimestamp();
            var outcome = await ask(connection, either.Token);
            if (outcome == StoreOutcome.Done)
            {
                pace.Observe(_context.Time.GetElapsedTime(start));
            }

            return outcome;
        }
        catch (Exception fault) when (
            fault is CircuitFailedException or StreamResetException or ObjectDisposedException)
        {
            return StoreOutcome.Failed;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing came all that time: whoever asks next gets another way there.
            pace.Miss();
            if (connection?.Replies == replies)
            {
                connection.Dispose();
            }

            return StoreOutcome.Failed;
        }
    }

    private Task<StoreConnection> ConnectAsync((IsolationGroup Group, TrunkPurpose Purpose, RelayId Store) place)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connections.TryGetValue(place, out var present)
                && (!present.IsCompleted || (present.IsCompletedSuccessfully && present.Result.IsOpen)))
            {
                return present;
            }

            if (_connections.Count >= _options.MaxConnections)
            {
                Forget();
            }

            var connection = OpenAsync(place);
            _connections[place] = connection;
            return connection;
        }
    }

    // Shared by all who ask: it has the trunks' own time limits, not those of one caller.
    private async Task<StoreConnection> OpenAsync((IsolationGroup Group, TrunkPurpose Purpose, RelayId Store) place)
    {
        var branch = await _trunks.BranchAsync(place.Group.Name, place.Purpose, place.Store, _context.Scope.Stopping);
        try
        {
            var connection = StoreConnection.Start(branch, _context.Scope);
            connection.LastUsed = _context.Time.GetTimestamp();
            return connection;
        }
        catch
        {
            branch.Close();
            throw;
        }
    }

    // Groups end without a word: their connections are known by nobody's using them, and hold their trunks open.
    private void Sweep()
    {
        lock (_lock)
        {
            foreach (var (place, task) in _connections.Where(entry => entry.Value.IsCompleted).ToList())
            {
                bool open = task.IsCompletedSuccessfully && task.Result.IsOpen;
                bool idle = open && _context.Time.GetElapsedTime(task.Result.LastUsed) > _options.IdleTimeout;
                if (idle)
                {
                    task.Result.Dispose();
                }

                if (idle || !open)
                {
                    _connections.Remove(place);
                }
            }
        }
    }

    private void Forget()
    {
        foreach (var (place, connection) in _connections.Where(entry =>
            entry.Value.IsCompleted).Take(_connections.Count / 2).ToList())
        {
            if (connection.IsCompletedSuccessfully)
            {
                connection.Result.Dispose();
            }

            _connections.Remove(place);
        }
    }
}

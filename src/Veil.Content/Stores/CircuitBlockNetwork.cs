using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Content.Edge;
using Veil.Directory.Paths;
using Veil.Directory.Ring;
using Veil.Links.Tasks;
using Veil.Wire;
using Veil.Wire.Names;
using Veil.Wire.Stamps;
using Veil.Wire.Store;

namespace Veil.Content.Stores;

/// <summary>
/// Blocks and records of names to and from stores over onion circuits: the product's <see cref="IBlockNetwork"/> and
/// <see cref="IRecordNetwork"/>. Each group has a connection of its own to each store it uses.
/// </summary>
public sealed class CircuitBlockNetwork : IBlockNetwork, IRecordNetwork, IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(30);

    private readonly CircuitContext _context;
    private readonly TrunkPool _trunks;
    private readonly NetworkView _view;
    private readonly StoreClientOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<(IsolationGroup Group, TrunkPurpose Purpose, RelayId Store),
        Opening> _connections = [];
    private readonly ITimer _sweep;
    private readonly ResponsePace _puts;
    private readonly ResponsePace _gets;
    private readonly PublishPauses _pauses;
    private readonly StampPayer _payer;
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
        _pauses = new PublishPauses(context.Decisions, context.Time);
        _payer = new StampPayer(context.Network, options, context.Time);
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
        CancellationToken cancellationToken) =>
        StoreForDaysAsync((group, store), reference, block, _options.LeaseDays, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StoreOutcome> StoreForDaysAsync(
        (IsolationGroup Group, RelayId Store) place,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        ushort days,
        CancellationToken cancellationToken) =>
        PayAsync(
            (place.Group, TrunkPurpose.Publish, place.Store), reference, block, (days, false), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StoreOutcome> RenewAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        CancellationToken cancellationToken) =>
        PayAsync(
            (group, TrunkPurpose.Publish, store), reference, block, (_options.LeaseDays, true), cancellationToken);

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

    /// <inheritdoc/>
    public async ValueTask<RecordOutcome> PutRecordAsync(
        IsolationGroup group, RelayId store, NameRecord record, CancellationToken cancellationToken)
    {
        var outcome = RecordOutcome.Failed;
        await AskAsync(
            (group, TrunkPurpose.Publish, store),
            _puts,
            async (connection, token) =>
            {
                outcome = await connection.PutRecordAsync(record, token);
                return outcome == RecordOutcome.Failed ? StoreOutcome.Failed : StoreOutcome.Done;
            },
            cancellationToken);
        return outcome;
    }

    /// <inheritdoc/>
    public async ValueTask<RecordAnswer> GetRecordAsync(
        IsolationGroup group, RelayId store, BlindedKey key, CancellationToken cancellationToken)
    {
        var answer = new RecordAnswer(RecordOutcome.Failed);
        await AskAsync(
            (group, TrunkPurpose.Fetch, store),
            _gets,
            async (connection, token) =>
            {
                answer = await connection.GetRecordAsync(key, token);
                return answer.Outcome == RecordOutcome.Failed ? StoreOutcome.Failed : StoreOutcome.Done;
            },
            cancellationToken);
        return answer;
    }

    /// <summary>Ends all connections.</summary>
    public void Dispose()
    {
        _sweep.Dispose();
        lock (_lock)
        {
            _disposed = true;
            foreach (var opening in _connections.Values)
            {
                opening.Connection?.Dispose();
            }

            _connections.Clear();
        }
    }

    private ValueTask<StoreOutcome> PayAsync(
        (IsolationGroup Group, TrunkPurpose Purpose, RelayId Store) place,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        (ushort Days, bool Renews) lease,
        CancellationToken cancellationToken)
    {
        StampPrice known;
        lock (_lock)
        {
            known = _connections.GetValueOrDefault(place)?.Connection?.Price ?? StampPrice.Free;
        }

        return _payer.StoreAsync((place.Store, reference), lease, known, PutAsync, cancellationToken);

        async ValueTask<PutAnswer> PutAsync(PaidLease paid)
        {
            var answer = PutAnswer.None;
            await AskAsync(
                place,
                _puts,
                async (connection, token) =>
                {
                    answer = await connection.PutAsync(reference, paid, block, token);
                    return answer.Outcome;
                },
                cancellationToken);
            return answer;
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
            connection = await Connect(place).WaitAsync(either.Token);
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

    private Opening Connect((IsolationGroup Group, TrunkPurpose Purpose, RelayId Store) place)
    {
        Opening opening;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connections.TryGetValue(place, out var present) && present.IsUsable)
            {
                return present;
            }

            if (_connections.Count >= _options.MaxConnections)
            {
                Forget();
            }

            opening = new Opening();
            _connections[place] = opening;
        }

        // Shared by all who ask: it has the trunks' own time limits, not those of one caller.
        if (!_context.Scope.Start(stopping => OpenAsync(opening, place, stopping)))
        {
            opening.Fail(new CircuitFailedException(CloseReason.Stopping));
        }

        return opening;
    }

    private async Task OpenAsync(
        Opening opening,
        (IsolationGroup Group, TrunkPurpose Purpose, RelayId Store) place,
        CancellationToken stopping)
    {
        try
        {
            bool isPublish = place.Purpose == TrunkPurpose.Publish;
            if (isPublish)
            {
                await _trunks.PrepareAsync(place.Group.Name, place.Purpose, stopping);
                await _pauses.BeforeBranchAsync(stopping);
            }

            long start = _context.Time.GetTimestamp();
            var branch = await _trunks.BranchAsync(place.Group.Name, place.Purpose, place.Store, stopping);
            StoreConnection connection;
            try
            {
                if (isPublish)
                {
                    _pauses.Observe(_context.Time.GetElapsedTime(start));
                    await _pauses.BeforeFirstBlockAsync(place.Group, stopping);
                }

                connection = StoreConnection.Start(branch, _context.Scope);
                connection.LastUsed = _context.Time.GetTimestamp();
            }
            catch
            {
                branch.Close();
                throw;
            }

            lock (_lock)
            {
                opening.Succeed(connection);
                if (!_disposed && _connections.GetValueOrDefault(place) == opening)
                {
                    return;
                }
            }

            // Nobody who asks from now on would find it.
            connection.Dispose();
        }
        catch (Exception fault) when (
            fault is CircuitFailedException or StreamResetException or ObjectDisposedException
            or OperationCanceledException)
        {
            opening.Fail(fault is OperationCanceledException
                ? new CircuitFailedException(CloseReason.Stopping)
                : fault);
        }
    }

    // Groups end without a word: their connections are known by nobody's using them, and hold their trunks open.
    private void Sweep()
    {
        lock (_lock)
        {
            foreach (var (place, opening) in _connections.ToList())
            {
                bool idle = opening.Connection is { IsOpen: true } open
                    && _context.Time.GetElapsedTime(open.LastUsed) > _options.IdleTimeout;
                if (idle)
                {
                    opening.Connection!.Dispose();
                }

                if (idle || !opening.IsUsable)
                {
                    _connections.Remove(place);
                }
            }
        }
    }

    // The half that was not asked for longest; what is being opened or waits for a reply stays, and is bounded by
    // those who asked.
    private void Forget()
    {
        foreach (var (place, opening) in _connections
            .Where(entry => !entry.Value.IsOpening && entry.Value.Connection?.IsAwaiting != true)
            .OrderBy(entry => entry.Value.Connection?.LastUsed ?? 0)
            .Take(_connections.Count / 2)
            .ToList())
        {
            opening.Connection?.Dispose();
            _connections.Remove(place);
        }
    }

    /// <summary>A connection that several wait for, each as long as it likes.</summary>
    private sealed class Opening
    {
        private readonly List<Promise<StoreConnection>> _waiting = [];
        private readonly Lock _waitLock = new();
        private Exception? _fault;
        private StoreConnection? _connection;

        internal StoreConnection? Connection => Volatile.Read(ref _connection);

        internal bool IsOpening => Connection is null && Volatile.Read(ref _fault) is null;

        internal bool IsUsable => IsOpening || Connection is { IsOpen: true };

        internal void Succeed(StoreConnection connection) => End(connection, null);

        internal void Fail(Exception fault) => End(null, fault);

        internal Task<StoreConnection> WaitAsync(CancellationToken cancellationToken)
        {
            var promise = new Promise<StoreConnection>();
            lock (_waitLock)
            {
                _waiting.Add(promise);
            }

            Tell();
            return promise.WaitAsync(cancellationToken);
        }

        private void End(StoreConnection? connection, Exception? fault)
        {
            Volatile.Write(ref _connection, connection);
            Volatile.Write(ref _fault, fault);
            Tell();
        }

        private void Tell()
        {
            if (IsOpening)
            {
                return;
            }

            lock (_waitLock)
            {
                foreach (var promise in _waiting)
                {
                    _ = _connection is { } connection ? promise.TryKeep(connection) : promise.TryBreak(_fault!);
                }

                _waiting.Clear();
            }
        }
    }
}

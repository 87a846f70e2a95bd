using Veil.Directory.Paths;
using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>All trunks of a client, by group and purpose; groups never share one (spec/circuit.md, section
/// 6).</summary>
public sealed class TrunkPool : IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(0.5);

    private readonly CircuitContext _context;
    private readonly TrunkBuilder _builder;
    private readonly SpareTrunks _spares;
    private readonly TrunkOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Group, TrunkPurpose Purpose), TrunkGroup> _groups = [];
    private readonly ITimer _sweep;
    private readonly ITimer _watch;
    private bool _disposed;

    /// <summary>An empty pool.</summary>
    public TrunkPool(CircuitContext context, LinkPool links, NetworkView view, TrunkOptions options)
    {
        _context = context;
        _builder = new TrunkBuilder(context, links, view);
        _spares = new SpareTrunks(_builder, options);
        _options = options;
        _sweep = context.Time.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
        _watch = context.Time.CreateTimer(_ => Watch(), null, WatchInterval, WatchInterval);
    }

    /// <summary>Adds a branch to a relay.</summary>
    /// <param name="group">Whose trunks; compared by value, never leaves the process.</param>
    /// <param name="purpose">Decides guards and second hops.</param>
    /// <param name="end">The relay at the branch's end.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CircuitFailedException">No path leads there.</exception>
    public Task<ClientBranch> BranchAsync(
        string group,
        TrunkPurpose purpose,
        RelayId end,
        CancellationToken cancellationToken)
    {
        // Begun under the lock, so that no sweep comes between; it runs here only up to its first wait.
        lock (_lock)
        {
            return GroupOf(group, purpose).BranchAsync(purpose, end, cancellationToken);
        }
    }

    /// <summary>Waits until a group has all the trunks that it spreads over, so that no branch waits for one; it never
    /// fails, and takes no longer than <see cref="TrunkOptions.PrepareLimit"/>.</summary>
    /// <param name="group">Whose trunks.</param>
    /// <param name="purpose">Decides guards and second hops.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task PrepareAsync(string group, TrunkPurpose purpose, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return GroupOf(group, purpose).PrepareAsync(purpose, cancellationToken);
        }
    }

    /// <summary>Closes all trunks.</summary>
    public void Dispose()
    {
        _sweep.Dispose();
        _watch.Dispose();
        lock (_lock)
        {
            _disposed = true;
            foreach (var group in _groups.Values)
            {
                group.Dispose();
            }

            _groups.Clear();
        }

        _spares.Dispose();
    }

    // Under the lock.
    private TrunkGroup GroupOf(string group, TrunkPurpose purpose)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_groups.TryGetValue((group, purpose), out var trunks))
        {
            MakeRoom();
            trunks = new TrunkGroup(_builder, _spares, _options);
            _groups.Add((group, purpose), trunks);
        }

        trunks.Touch();
        return trunks;
    }

    private void Watch()
    {
        TrunkGroup[] groups;
        lock (_lock)
        {
            groups = [.. _groups.Values];
        }

        foreach (var group in groups)
        {
            group.Watch();
        }
    }

    // Each publication and each key that is read has groups of its own, which nobody asks again once it is done.
    private void Sweep()
    {
        lock (_lock)
        {
            foreach (var (key, group) in _groups.Where(entry => entry.Value.Sweep()).ToList())
            {
                group.Dispose();
                _groups.Remove(key);
            }
        }

        _spares.Sweep();
    }

    private void MakeRoom()
    {
        if (_groups.Count < _options.MaxGroups)
        {
            return;
        }

        foreach (var group in _groups.Values)
        {
            group.Look();
        }

        // One in use gives way only when all are, and one that waits for an answer only when all do. A stream to an
        // exit may be quiet for hours and is missed when it ends; connections to stores are made anew.
        var (key, least) = _groups.MinBy(entry => (
            !entry.Value.IsIdle,
            entry.Value.IsAwaiting,
            entry.Key.Purpose == TrunkPurpose.Interactive,
            entry.Value.LastUsed));
        least.Dispose();
        _groups.Remove(key);
    }
}

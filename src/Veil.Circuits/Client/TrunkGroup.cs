using Veil.Directory.Paths;
using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>
/// The trunks of one group for one purpose (spec/circuit.md, section 6). Branches go to the least used of a few
/// trunks with different third hops.
/// </summary>
internal sealed class TrunkGroup(CircuitContext context, LinkPool links, NetworkView view, TrunkOptions options)
    : IDisposable
{
    // One builds at a time, so that a burst of requests shares trunks instead of building one each.
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Lock _lock = new();

    // Under the lock.
    private readonly List<Trunk> _trunks = [];
    private bool _disposed;

    /// <summary>When the group was last asked for a branch. Under the pool's lock.</summary>
    internal long LastUsed { get; set; }

    /// <summary>Whether no branch is open or being added.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _trunks.TrueForAll(trunk => trunk.IsIdle);
            }
        }
    }

    /// <summary>Trunks that are kept.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _trunks.Count;
            }
        }
    }

    /// <summary>Adds a branch to <paramref name="end"/>, on a trunk that does not pass it.</summary>
    internal async Task<ClientBranch> BranchAsync(TrunkPurpose purpose, RelayId end, CancellationToken cancellationToken)
    {
        var avoid = new HashSet<RelayId> { end };
        for (int attempt = 1; ; attempt++)
        {
            Trunk? trunk = null;
            try
            {
                var target = view.Target(end) ?? throw new CircuitFailedException(CloseReason.UnknownRelay, end);
                trunk = await TakeAsync(purpose, end, avoid, cancellationToken);
                return await trunk.Circuit.BranchAsync(target, cancellationToken);
            }
            catch (CircuitFailedException fault) when (attempt < options.Attempts && fault.PathFailure == PathFailure.None
                && (fault.Relay != end || fault.Reason == CloseReason.HandshakeTimeout))
            {
                // Another path may do; a relay that failed is left out of it.
                if (fault.Relay is { } failed)
                {
                    avoid.Add(failed);
                }

                if (trunk is not null && fault.Reason == CloseReason.HandshakeTimeout)
                {
                    // Not even "failed" came back, so it is the trunk that is dead.
                    Retire(trunk);
                }
            }
            finally
            {
                if (trunk is not null)
                {
                    Release(trunk);
                }
            }
        }
    }

    public void Dispose()
    {
        Trunk[] left;
        lock (_lock)
        {
            _disposed = true;
            left = [.. _trunks];
            _trunks.Clear();
        }

        foreach (var trunk in left)
        {
            trunk.Circuit.Dispose();
        }
    }

    /// <summary>Closes trunks that are old and idle. Any thread.</summary>
    internal void Prune()
    {
        List<Trunk> over;
        lock (_lock)
        {
            over = _trunks.FindAll(trunk => trunk.Circuit.IsClosed || (trunk.IsIdle && !trunk.IsFresh(context.Time, options)));
            _trunks.RemoveAll(over.Contains);
        }

        foreach (var trunk in over)
        {
            trunk.Circuit.Dispose();
        }
    }

    private async Task<Trunk> TakeAsync(
        TrunkPurpose purpose,
        RelayId end,
        HashSet<RelayId> avoid,
        CancellationToken cancellationToken)
    {
        if (TryTake(end, out int fitting) is { } ready)
        {
            return ready;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            // Whoever built before us may have built what we need.
            Prune();
            return TryTake(end, out fitting) ?? await BuildAsync(purpose, (end, fitting), avoid, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The least used trunk, unless it is in use and another one may be built to spread the load.</summary>
    private Trunk? TryTake(RelayId end, out int fitting, bool settle = false)
    {
        lock (_lock)
        {
            if (_disposed)
            {
                throw new CircuitFailedException(CloseReason.Stopping);
            }

            var trunks = _trunks.FindAll(trunk =>
                trunk.IsFresh(context.Time, options) && trunk.Fits(end, options, context.Options.MaxBranches));
            fitting = trunks.Count;
            var chosen = trunks.MinBy(trunk => trunk.Load);
            return chosen is not null && (settle || chosen.IsIdle || fitting >= options.Spread) ? Use(chosen, end) : null;
        }
    }

    private static Trunk Use(Trunk trunk, RelayId end)
    {
        trunk.Pending++;
        trunk.Visit(end);
        return trunk;
    }

    private async Task<Trunk> BuildAsync(
        TrunkPurpose purpose,
        (RelayId Relay, int Fitting) end,
        HashSet<RelayId> avoid,
        CancellationToken cancellationToken)
    {
        try
        {
            var circuit = await BuildAsync(ChoosePath(purpose, avoid), cancellationToken);
            var trunk = new Trunk(circuit, context.Time.GetTimestamp());
            lock (_lock)
            {
                if (!_disposed)
                {
                    _trunks.Add(trunk);
                    return Use(trunk, end.Relay);
                }
            }

            circuit.Dispose();
            throw new CircuitFailedException(CloseReason.Stopping);
        }
        catch (CircuitFailedException fault) when (end.Fitting > 0)
        {
            if (fault.Relay is { } failed)
            {
                avoid.Add(failed);
            }

            if (TryTake(end.Relay, out _, settle: true) is { } other)
            {
                return other;
            }

            throw;
        }
    }

    // Different third hops where the network has them: none then sees more than its share of a group's stores.
    private CircuitPath ChoosePath(TrunkPurpose purpose, HashSet<RelayId> avoid)
    {
        RelayId[] thirds;
        lock (_lock)
        {
            thirds = [.. _trunks.Where(trunk => !trunk.Circuit.IsClosed).Select(trunk => trunk.Circuit.Path[^1])];
        }

        try
        {
            return view.Choose(purpose, avoid.Concat(thirds).ToHashSet());
        }
        catch (CircuitFailedException) when (thirds.Length > 0)
        {
            return view.Choose(purpose, avoid);
        }
    }

    private async Task<ClientCircuit> BuildAsync(CircuitPath path, CancellationToken cancellationToken)
    {
        try
        {
            var circuit = await ClientCircuit.BuildAsync(
                context,
                links,
                NetworkView.AddressOf(path.Guard),
                [.. path.Hops.Select(NetworkView.TargetOf)],
                cancellationToken);
            view.Report(path.Guard.Identity, succeeded: true);
            return circuit;
        }
        catch (CircuitFailedException fault) when (fault.Relay == path.Guard.Identity)
        {
            view.Report(path.Guard.Identity, succeeded: false);
            throw;
        }
    }

    private void Retire(Trunk trunk)
    {
        lock (_lock)
        {
            trunk.Retire();
        }
    }

    private void Release(Trunk trunk)
    {
        lock (_lock)
        {
            trunk.Pending--;
        }

        Prune();
    }
}

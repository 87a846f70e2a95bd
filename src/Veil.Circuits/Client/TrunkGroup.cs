using Veil.Directory.Paths;
using Veil.Links.Tasks;
using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>
/// The trunks of one group for one purpose (spec/circuit.md, section 6). Branches go to the least used of a few
/// trunks with different third hops.
/// </summary>
internal sealed partial class TrunkGroup(TrunkBuilder builder, SpareTrunks spares, TrunkOptions options) : IDisposable
{
    private const int MaxUnanswered = 16;

    // Two build at a time, so that a burst of requests shares trunks instead of building one each, and one that meets
    // a silent relay does not hold up all.
    private readonly Turnstile _gate = new(2);
    private readonly Lock _lock = new();

    // Under the lock, their counts included; building is under the gate alone.
    private readonly List<Trunk> _trunks = [];
    private readonly Dictionary<RelayId, long> _unanswered = [];
    private bool _disposed;
    private int _callers;
    private long _heard;

    private CircuitContext Context => builder.Context;

    private NetworkView View => builder.View;

    /// <summary>Whether no branch is open or being added.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return Volatile.Read(ref _callers) == 0 && _trunks.TrueForAll(trunk => trunk.IsIdle);
            }
        }
    }

    /// <summary>Whether an answer is to come over one of its trunks.</summary>
    internal bool IsAwaiting
    {
        get
        {
            lock (_lock)
            {
                return Volatile.Read(ref _callers) > 0 || _trunks.Exists(trunk => trunk.Circuit.Awaited > 0);
            }
        }
    }

    /// <summary>When the group was last asked for a branch, or was seen to carry something.</summary>
    internal long LastUsed { get; private set; }

    /// <summary>It is asked for a branch.</summary>
    internal void Touch()
    {
        lock (_lock)
        {
            LastUsed = Context.Time.GetTimestamp();
        }
    }

    /// <summary>Looks whether anything came over its trunks since it was last looked: a stream that goes on for hours
    /// asks for no further branch.</summary>
    internal void Look()
    {
        lock (_lock)
        {
            long heard = _trunks.Sum(trunk => trunk.Circuit.Heard);
            if (heard != _heard)
            {
                (_heard, LastUsed) = (heard, Context.Time.GetTimestamp());
            }
        }
    }

    /// <summary>Adds a branch to <paramref name="end"/>, on a trunk that does not pass it.</summary>
    internal async Task<ClientBranch> BranchAsync(TrunkPurpose purpose, RelayId end,
        CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _callers);
        try
        {
            return await TryBranchAsync(purpose, end, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _callers);
        }
    }

    private async Task<ClientBranch> TryBranchAsync(TrunkPurpose purpose, RelayId end,
        CancellationToken cancellationToken)
    {
        var apart = View.ApartFrom(end, purpose);
        var avoid = new HashSet<RelayId>(apart);
        for (int attempt = 1; ; attempt++)
        {
            Trunk? trunk = null;
            long heard = 0;
            try
            {
                var target = View.Target(end) ?? throw new CircuitFailedException(CloseReason.UnknownRelay, end);
                trunk = await TakeAsync(purpose, (end, apart), avoid, cancellationToken);
                heard = trunk.Circuit.Heard;
                return await trunk.Circuit.BranchAsync(target, cancellationToken);
            }
            catch (CircuitFailedException fault) when (attempt < options.Attempts
                && fault.PathFailure == PathFailure.None
                && (fault.Relay != end || (fault.Reason == CloseReason.HandshakeTimeout && IsSilent(trunk, heard))))
            {
                // Another path may do; a relay that failed is left out of it.
                if (fault.Relay is { } failed)
                {
                    avoid.Add(failed);
                }

                if (IsSilent(trunk, heard) && fault.Reason == CloseReason.HandshakeTimeout)
                {
                    // Nothing came back at all, so it is the trunk that is dead, not the branch's end.
                    Retire(trunk!);
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

    private static bool IsSilent(Trunk? trunk, long heard) => trunk is not null && trunk.Circuit.Heard == heard;

    /// <summary>Closes trunks that are silent although answers are awaited: what was asked over them fails, and is
    /// asked again over others. Often.</summary>
    internal void Watch()
    {
        Look();
        List<Trunk> dead;
        lock (_lock)
        {
            dead = _trunks.FindAll(trunk => !trunk.Circuit.IsClosed && !trunk.IsAlive(Context.Time, options));
            foreach (var trunk in dead)
            {
                // One of its hops, and not to be told which; the guard shows itself when it is asked again.
                trunk.Retire();
                Avoid(trunk.Circuit.Path.Skip(1));
            }
        }

        // Outside the lock: whoever waits goes on at once.
        foreach (var trunk in dead)
        {
            Context.Counters.Count(CloseReason.Silent);
            trunk.Circuit.Close(CloseReason.Silent);
        }
    }

    /// <summary>Closes old trunks that carry nothing.</summary>
    /// <returns>Whether the group has none left, nor builds one.</returns>
    internal bool Sweep()
    {
        lock (_lock)
        {
            Prune();
            return _trunks.Count == 0 && Volatile.Read(ref _callers) == 0;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var trunk in _trunks)
            {
                trunk.Circuit.Dispose();
            }

            _trunks.Clear();
        }
    }

    private async Task<Trunk> TakeAsync(
        TrunkPurpose purpose,
        (RelayId Relay, IReadOnlySet<RelayId> Apart) end,
        HashSet<RelayId> avoid,
        CancellationToken cancellationToken)
    {
        // Who needs no new trunk does not wait for one that is being built.
        if (TryTake(end, settle: false) is { } ready)
        {
            return ready;
        }

        await _gate.EnterAsync(cancellationToken);
        try
        {
            return TryTake(end, settle: false) ?? await BuildAsync(purpose, end, avoid, cancellationToken);
        }
        finally
        {
            _gate.Leave();
        }
    }

    /// <summary>The least used trunk, unless all are in use and the group may have one more, or one must do.</summary>
    private Trunk? TryTake((RelayId Relay, IReadOnlySet<RelayId> Apart) end, bool settle)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            Prune();
            var fitting = _trunks.FindAll(trunk =>
                trunk.IsFresh(Context.Time, options.MaxAge) && trunk.Fits(end, options, Context.Options.MaxBranches));
            var least = fitting.MinBy(trunk => trunk.Load);
            return least is not null && (settle || least.IsIdle || fitting.Count >= options.Spread || HasPrepared())
                ? Use(least, end.Relay)
                : null;
        }
    }

    private static Trunk Use(Trunk trunk, RelayId end)
    {
        trunk.Pending++;
        trunk.Visit(end);
        return trunk;
    }

    // The pool closed the group to make room, or itself.
    private void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new CircuitFailedException(CloseReason.Stopping);
        }
    }

    /// <summary>Takes over a trunk that was built, used for an end if one is given; false when the group is disposed.
    /// </summary>
    private bool TryKeep(Trunk trunk, RelayId? end = null)
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                _trunks.Add(trunk);
                if (end is { } used) Use(trunk, used);
                return true;
            }
        }

        // Whoever disposed the group meanwhile could not know of this one.
        trunk.Circuit.Dispose();
        return false;
    }

    private async Task<Trunk> BuildAsync(
        TrunkPurpose purpose,
        (RelayId Relay, IReadOnlySet<RelayId> Apart) end,
        HashSet<RelayId> avoid,
        CancellationToken cancellationToken)
    {
        try
        {
            var trunk = TakeSpare(purpose, end.Apart, avoid)
                ?? await builder.BuildAsync(ChoosePath(purpose, avoid), cancellationToken);
            return TryKeep(trunk, end.Relay) ? trunk : throw new CircuitFailedException(CloseReason.Stopping);
        }
        catch (CircuitFailedException fault)
        {
            if (fault.Relay is { } failed)
            {
                avoid.Add(failed);
                lock (_lock)
                {
                    Avoid([failed]);
                }
            }

            if (TryTake(end, settle: true) is { } other)
            {
                return other;
            }

            throw;
        }
    }

    // Different third hops where the network has them: none then sees more than its share of a group's stores.
    private CircuitPath ChoosePath(TrunkPurpose purpose, HashSet<RelayId> avoid, params RelayId[] chosen)
    {
        var (known, unanswered) = Known();
        RelayId[] thirds = [.. known, .. chosen];

        // From the strictest wish to the bare need.
        RelayId[][] wishes = [[.. thirds, .. unanswered], unanswered, thirds];
        foreach (var wish in wishes.Where(wish => wish.Length > 0))
        {
            if (View.TryChoose(purpose, avoid.Concat(wish).ToHashSet(), out var path))
            {
                return path;
            }
        }

        return View.Choose(purpose, avoid);
    }

    private Trunk? TakeSpare(TrunkPurpose purpose, IReadOnlySet<RelayId> apart, HashSet<RelayId> avoid)
    {
        var (thirds, unanswered) = Known();
        return spares.Take(purpose, avoid.Concat(apart).Concat(unanswered).ToHashSet(), thirds.ToHashSet());
    }

    // Third hops of the group's trunks, and relays that did not answer it lately.
    private (RelayId[] Thirds, RelayId[] Unanswered) Known()
    {
        lock (_lock)
        {
            return (
                [.. _trunks.Where(trunk => !trunk.Circuit.IsClosed).Select(trunk => trunk.Circuit.Path[^1])],
                [.. _unanswered.Where(entry => IsAvoided(entry.Value)).Select(entry => entry.Key)]);
        }
    }

    private bool IsAvoided(long since) => Context.Time.GetElapsedTime(since) < options.Avoidance;

    // Under the lock. As many as some broken trunks have hops; the rest was long ago.
    private void Avoid(IEnumerable<RelayId> relays)
    {
        foreach (var relay in relays)
        {
            _unanswered[relay] = Context.Time.GetTimestamp();
        }

        while (_unanswered.Count > MaxUnanswered)
        {
            _unanswered.Remove(_unanswered.MinBy(entry => entry.Value).Key);
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
            Prune();
        }
    }

    private void Prune()
    {
        foreach (var trunk in _trunks.Where(trunk =>
            trunk.Circuit.IsClosed || (trunk.IsIdle && !trunk.IsFresh(Context.Time, options.MaxAge))).ToList())
        {
            trunk.Circuit.Dispose();
            _trunks.Remove(trunk);
        }
    }
}

using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Veil.Circuits.Onion;
using Veil.Directory;
using Veil.Directory.Paths;
using Veil.Links.Handshake;
using Veil.Wire;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Circuits.Client;

/// <summary>
/// The network as one client sees and uses it: the present consensus, its guards and its fixed second hops.
/// Any thread.
/// </summary>
public sealed class NetworkView
{
    private readonly DecisionSource _decisions;
    private readonly TimeProvider _time;
    private GuardSet _guards;
    private VanguardSet _vanguards;
    private readonly Lock _lock = new();
    private Consensus? _consensus;

    /// <summary>A view without a consensus yet.</summary>
    public NetworkView(DecisionSource decisions, TimeProvider time, GuardSet guards, VanguardSet vanguards)
    {
        _decisions = decisions;
        _time = time;
        _guards = guards;
        _vanguards = vanguards;
    }

    /// <summary>Told of every change of the guards, in the order of the changes, so that they can be remembered. Any
    /// thread; must return at once.</summary>
    public Action<IReadOnlyList<GuardRecord>>? OnGuardsChanged { get; init; }

    /// <summary>Told of every change of the fixed second hops, as <see cref="OnGuardsChanged"/>.</summary>
    public Action<IReadOnlyList<VanguardRecord>>? OnVanguardsChanged { get; init; }

    /// <summary>The relay that this client is itself: on none of its own paths, where it would hide nothing and show
    /// its address to the hop after it; null for one that is none.</summary>
    public RelayId? Self { get; init; }

    /// <summary>The newest consensus, or null before the first.</summary>
    public Consensus? Consensus => Volatile.Read(ref _consensus);

    /// <summary>Goes on with the guards and second hops of an earlier run. Before the first consensus.</summary>
    public void Restore(GuardSet guards, VanguardSet vanguards)
    {
        lock (_lock)
        {
            (_guards, _vanguards) = (guards, vanguards);
        }
    }

    /// <summary>Takes a newer consensus; older ones are ignored: epochs never go back.</summary>
    public void Update(Consensus consensus)
    {
        lock (_lock)
        {
            if (_consensus is { } present && present.Epoch >= consensus.Epoch)
            {
                return;
            }

            Volatile.Write(ref _consensus, consensus);
            Refresh(consensus);
        }
    }

    /// <summary>Where a listed relay is, or null.</summary>
    public RelayAddress? Locate(RelayId relay) =>
        Consensus is { } consensus && consensus.TryGet(relay, out var entry) ? AddressOf(entry) : null;

    /// <summary>A listed relay as a hop, or null.</summary>
    public HopTarget? Target(RelayId relay) =>
        Consensus is { } consensus && consensus.TryGet(relay, out var entry) ? TargetOf(entry) : null;

    /// <summary>The client's guards that can be used now, most trusted first; none without a live consensus.</summary>
    public IReadOnlyList<RelayEntry> Guards()
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            return _consensus is { } consensus && consensus.IsLive(now)
                ? _guards.Usable(consensus, FrozenSet<RelayId>.Empty, now)
                : [];
        }
    }

    /// <summary>The guards that could be asked now, as <paramref name="list"/> shows them: one that is over, while
    /// there is no live one.</summary>
    public IReadOnlyList<RelayEntry> GuardsIn(Consensus list)
    {
        lock (_lock)
        {
            return _guards.Usable(list, FrozenSet<RelayId>.Empty, _time.GetUtcNow());
        }
    }

    /// <summary>Whether a relay is one of this client's guards, resting ones and stand-ins included.</summary>
    public bool IsGuard(RelayId relay)
    {
        lock (_lock)
        {
            return _guards.Export().Any(guard => guard.Relay == relay);
        }
    }

    /// <summary>The relays that may not be hops of a trunk to <paramref name="end"/>: itself, and for interactive
    /// trunks, whose end sees what they carry, those of its family and subnet.</summary>
    internal IReadOnlySet<RelayId> ApartFrom(RelayId end, TrunkPurpose purpose)
    {
        var apart = new HashSet<RelayId> { end };
        if (purpose == TrunkPurpose.Interactive && Consensus is { } consensus && consensus.TryGet(end, out var entry))
        {
            apart.UnionWith(consensus.Relays
                .Where(relay => !HopRules.MayMeet(relay, entry, consensus.Lab)).Select(relay => relay.Identity));
        }

        return apart;
    }

    /// <summary>Chooses a path.</summary>
    /// <exception cref="CircuitFailedException">There is none; the message says why.</exception>
    internal CircuitPath Choose(TrunkPurpose purpose, IReadOnlySet<RelayId> excluded)
    {
        lock (_lock)
        {
            var consensus = _consensus ?? throw new CircuitFailedException(PathFailure.NoLiveConsensus);
            if (consensus.IsLive(_time.GetUtcNow()))
            {
                // Stand-ins for guards that have failed for long, and what has expired since the last consensus.
                Refresh(consensus);
            }

            var request = new PathRequest(purpose, _time.GetUtcNow())
            {
                Excluded = Self is { } self ? new HashSet<RelayId>(excluded) { self } : excluded,
            };
            var result = new PathSelector(consensus, _decisions, consensus.Lab).Select(request, _guards, _vanguards);
            return result.Path ?? throw new CircuitFailedException(result.Failure);
        }
    }

    /// <summary>Chooses a path if there is one.</summary>
    internal bool TryChoose(
        TrunkPurpose purpose,
        IReadOnlySet<RelayId> excluded,
        [NotNullWhen(true)] out CircuitPath? path)
    {
        try
        {
            path = Choose(purpose, excluded);
            return true;
        }
        catch (CircuitFailedException)
        {
            path = null;
            return false;
        }
    }

    /// <summary>Tells how an attempt at a guard ended.</summary>
    public void Report(RelayId guard, bool succeeded)
    {
        lock (_lock)
        {
            var before = _guards.Export();
            if (succeeded)
            {
                _guards.Succeeded(guard);
            }
            else
            {
                _guards.Failed(guard, _time.GetUtcNow());
            }

            var after = _guards.Export();
            if (!after.SequenceEqual(before))
            {
                OnGuardsChanged?.Invoke(after);
            }
        }
    }

    // Told within the lock, so that whoever remembers them hears of the changes in their order.
    private void Refresh(Consensus consensus)
    {
        var now = _time.GetUtcNow();
        if (_vanguards.Refresh(consensus, now))
        {
            OnVanguardsChanged?.Invoke(_vanguards.Export());
        }

        if (_guards.Refresh(consensus, now))
        {
            OnGuardsChanged?.Invoke(_guards.Export());
        }
    }

    /// <summary>Where an entry's relay is.</summary>
    public static RelayAddress AddressOf(RelayEntry entry) =>
        new(new LinkTarget(entry.Identity, entry.LinkKey), entry.Address.ToEndPoint());

    /// <summary>An entry's relay as a hop.</summary>
    public static HopTarget TargetOf(RelayEntry entry) =>
        new(entry.Identity, entry.OnionKey, entry.OnionKeyId.Value);
}

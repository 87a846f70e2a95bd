using System.Collections.Frozen;
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
    private readonly GuardSet _guards;
    private readonly VanguardSet _vanguards;
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

    /// <summary>Told of every change of the guards between two consensuses, so that they can be remembered. Any
    /// thread.</summary>
    public Action<IReadOnlyList<GuardRecord>>? OnGuardsChanged { get; init; }

    /// <summary>The newest consensus, or null before the first.</summary>
    public Consensus? Consensus => Volatile.Read(ref _consensus);

    /// <summary>Takes a newer consensus; older ones are ignored: epochs never go back.</summary>
    /// <returns>The guards to be remembered if they changed, or null.</returns>
    public IReadOnlyList<GuardRecord>? Update(Consensus consensus)
    {
        lock (_lock)
        {
            if (_consensus is { } present && present.Epoch >= consensus.Epoch)
            {
                return null;
            }

            Volatile.Write(ref _consensus, consensus);
            _vanguards.Refresh(consensus, _time.GetUtcNow());
            return _guards.Refresh(consensus, _time.GetUtcNow()) ? _guards.Export() : null;
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

    /// <summary>Chooses a path.</summary>
    /// <exception cref="CircuitFailedException">There is none; the message says why.</exception>
    internal CircuitPath Choose(TrunkPurpose purpose, IReadOnlySet<RelayId> excluded)
    {
        IReadOnlyList<GuardRecord>? changed = null;
        try
        {
            return Choose(purpose, excluded, out changed);
        }
        finally
        {
            Tell(changed);
        }
    }

    private CircuitPath Choose(
        TrunkPurpose purpose,
        IReadOnlySet<RelayId> excluded,
        out IReadOnlyList<GuardRecord>? changed)
    {
        changed = null;
        lock (_lock)
        {
            var consensus = _consensus ?? throw new CircuitFailedException(PathFailure.NoLiveConsensus);
            if (_guards.Refresh(consensus, _time.GetUtcNow()))
            {
                // A stand-in for a guard that has failed for long.
                changed = _guards.Export();
            }

            var request = new PathRequest(purpose, _time.GetUtcNow()) { Excluded = excluded };
            var result = new PathSelector(consensus, _decisions, consensus.Lab).Select(request, _guards, _vanguards);
            return result.Path ?? throw new CircuitFailedException(result.Failure);
        }
    }

    /// <summary>Tells how an attempt at a guard ended.</summary>
    internal void Report(RelayId guard, bool succeeded)
    {
        IReadOnlyList<GuardRecord> after;
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

            after = _guards.Export();
            if (after.SequenceEqual(before))
            {
                return;
            }
        }

        Tell(after);
    }

    private void Tell(IReadOnlyList<GuardRecord>? changed)
    {
        if (changed is not null)
        {
            OnGuardsChanged?.Invoke(changed);
        }
    }

    /// <summary>Where an entry's relay is.</summary>
    public static RelayAddress AddressOf(RelayEntry entry) =>
        new(new LinkTarget(entry.Identity, entry.LinkKey), entry.Address.ToEndPoint());

    /// <summary>An entry's relay as a hop.</summary>
    public static HopTarget TargetOf(RelayEntry entry) =>
        new(entry.Identity, entry.OnionKey, entry.OnionKeyId.Value);
}

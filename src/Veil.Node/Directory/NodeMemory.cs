using Veil.Directory.Paths;
using Veil.Links.Tasks;
using Veil.Storage.State;

namespace Veil.Node.Directory;

/// <summary>
/// What a node knows of its network from earlier runs, and what it writes down for later ones (spec/state.md,
/// sections 2 and 4). One task writes, in the order of the changes; who tells it never waits. Of changes that wait only
/// the newest is written.
/// </summary>
internal sealed class NodeMemory(INodeState? state, IDocumentSlot? consensus, NetworkHealth health)
{
    private readonly AsyncSignal _changed = new();
    private readonly Lock _lock = new();

    // Under the lock: what is not written yet.
    private IReadOnlyList<GuardRecord>? _guards;
    private IReadOnlyList<VanguardRecord>? _vanguards;
    private ReadOnlyMemory<byte> _consensus;

    /// <summary>The guards of earlier runs, in order of preference.</summary>
    internal async Task<IReadOnlyList<GuardRecord>> GuardsAsync(CancellationToken cancellationToken) => state is null
        ? []
        : [.. (await state.ListGuardsAsync(cancellationToken)).Take(GuardRules.MaxSampled).Select(entry =>
            new GuardRecord
            {
                Relay = entry.Relay,
                ChosenAt = entry.ChosenAt,
                ExpiresAt = entry.ExpiresAt,
                UnlistedSince = entry.UnlistedSince,
                FailingSince = entry.FailingSince,
                Failures = Math.Max(entry.Failures, 0),
                RestsUntil = entry.RestsUntil,
            })];

    /// <summary>The fixed second hops of earlier runs.</summary>
    internal async Task<IReadOnlyList<VanguardRecord>> VanguardsAsync(CancellationToken cancellationToken) =>
        state is null
            ? []
            : [.. (await state.ListVanguardsAsync(cancellationToken)).Take(VanguardSet.Size)
                .Select(entry => new VanguardRecord(entry.Relay, entry.ExpiresAt))];

    /// <summary>The consensus of earlier runs, not verified; empty for none.</summary>
    internal async Task<ReadOnlyMemory<byte>> ConsensusAsync(CancellationToken cancellationToken)
    {
        try
        {
            return consensus is null ? default : await consensus.ReadAsync(cancellationToken);
        }
        catch (IOException)
        {
            health.CacheIgnored("consensus");
            return default;
        }
    }

    /// <summary>Takes note of the guards. Returns at once.</summary>
    internal void Remember(IReadOnlyList<GuardRecord> guards)
    {
        lock (_lock)
        {
            _guards = guards;
        }

        _changed.Wake();
    }

    /// <summary>Takes note of the fixed second hops. Returns at once.</summary>
    internal void Remember(IReadOnlyList<VanguardRecord> vanguards)
    {
        lock (_lock)
        {
            _vanguards = vanguards;
        }

        _changed.Wake();
    }

    /// <summary>Takes note of the newest verified consensus. Returns at once.</summary>
    internal void Remember(ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
        {
            _consensus = bytes;
        }

        _changed.Wake();
    }

    /// <summary>Writes until it is cancelled, and then what is left.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var stopping = cancellationToken.UnsafeRegister(
            static signal => ((AsyncSignal)signal!).Wake(), _changed);
        while (!cancellationToken.IsCancellationRequested)
        {
            await _changed.WaitAsync();
            await WriteAsync();
        }

        await WriteAsync();
    }

    private async Task WriteAsync()
    {
        (IReadOnlyList<GuardRecord>? guards, IReadOnlyList<VanguardRecord>? vanguards, ReadOnlyMemory<byte> bytes) left;
        lock (_lock)
        {
            left = (_guards, _vanguards, _consensus);
            (_guards, _vanguards, _consensus) = (null, null, default);
        }

        if (left is (null, null, { IsEmpty: true }))
        {
            return;
        }

        try
        {
            // Not cancelled half-way: the node waits for it when it stops.
            await WriteAsync(left.guards, left.vanguards, left.bytes);
            health.Saved(true);
        }
#pragma warning disable CA1031 // Whatever the disk or the database says: the node goes on and reports it.
        catch (Exception)
#pragma warning restore CA1031
        {
            health.Saved(false);
            lock (_lock)
            {
                // With the next change again, unless that is newer.
                _guards ??= left.guards;
                _vanguards ??= left.vanguards;
                _consensus = _consensus.IsEmpty ? left.bytes : _consensus;
            }
        }
    }

    private async Task WriteAsync(
        IReadOnlyList<GuardRecord>? guards, IReadOnlyList<VanguardRecord>? vanguards, ReadOnlyMemory<byte> bytes)
    {
        if (state is not null && guards is not null)
        {
            await state.PutGuardsAsync(
                [.. guards.Select(guard => new GuardEntry(guard.Relay, guard.ChosenAt, guard.ExpiresAt)
                {
                    UnlistedSince = guard.UnlistedSince,
                    FailingSince = guard.FailingSince,
                    Failures = guard.Failures,
                    RestsUntil = guard.RestsUntil,
                })],
                CancellationToken.None);
        }

        if (state is not null && vanguards is not null)
        {
            await state.PutVanguardsAsync(
                [.. vanguards.Select(hop => new VanguardEntry(hop.Relay, hop.ExpiresAt))], CancellationToken.None);
        }

        if (consensus is not null && !bytes.IsEmpty)
        {
            await consensus.WriteAsync(bytes, CancellationToken.None);
        }
    }
}

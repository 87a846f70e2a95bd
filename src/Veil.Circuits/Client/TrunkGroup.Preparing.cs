using Veil.Directory.Paths;
using Veil.Links.Tasks;
using Veil.Wire;

namespace Veil.Circuits.Client;

// Trunks that stand before the first branch (spec/circuit.md, section 6).
internal sealed partial class TrunkGroup
{
    // Under the lock. What runs serves all who ask meanwhile.
    private readonly List<Promise<bool>> _awaiting = [];
    private bool _isPreparing;
    private bool _prepares;

    /// <summary>
    /// Waits until the group has as many trunks with room as it spreads over, but not for long: which of them failed
    /// shows when a branch is added. Branches that had to wait for their trunks would show by when they open how long
    /// the way to this client is.
    /// </summary>
    internal async Task PrepareAsync(TrunkPurpose purpose, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.PrepareLimit, Context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        Interlocked.Increment(ref _callers);
        try
        {
            if (Preparing(purpose) is { } standing)
            {
                await standing.WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A hop does not answer: what stands must do.
        }
        finally
        {
            Interlocked.Decrement(ref _callers);
        }
    }

    // Under the lock. Where trunks stand before branches, none waits for a further one although it could do with fewer:
    // in a small network few trunks do not pass a given end.
    private bool HasPrepared() =>
        _prepares && _trunks.Count(trunk => trunk.IsFresh(Context.Time, options.MaxAge)) >= options.Spread;

    private Promise<bool>? Preparing(TrunkPurpose purpose)
    {
        Promise<bool> standing = new();
        int missing;
        lock (_lock)
        {
            _prepares = true;
            missing = options.Spread - _trunks.Count(trunk =>
                trunk.IsFresh(Context.Time, options.MaxAge) && trunk.HasRoom(options));
            if (_disposed || missing <= 0)
            {
                return null;
            }

            _awaiting.Add(standing);
            if (_isPreparing)
            {
                return standing;
            }

            _isPreparing = true;
        }

        if (!Context.Scope.Start(stopping => RaiseAsync(purpose, missing, stopping)))
        {
            End();
        }

        return standing;
    }

    // All at once: one after the other would take that many times as long.
    private async Task RaiseAsync(TrunkPurpose purpose, int count, CancellationToken stopping)
    {
        try
        {
            List<CircuitPath> paths = [];
            while (paths.Count < count)
            {
                paths.Add(ChoosePath(purpose, [], [.. paths.Select(path => path.Third.Identity)]));
            }

            await Task.WhenAll(paths.Select(path => TryRaiseAsync(path, stopping)));
        }
        catch (CircuitFailedException)
        {
            // No path: whoever adds a branch is told.
        }
        finally
        {
            End();
        }
    }

    private void End()
    {
        Promise<bool>[] awaiting;
        lock (_lock)
        {
            _isPreparing = false;
            awaiting = [.. _awaiting];
            _awaiting.Clear();
        }

        foreach (var standing in awaiting)
        {
            standing.TryKeep(true);
        }
    }

    private async Task TryRaiseAsync(CircuitPath path, CancellationToken stopping)
    {
        try
        {
            TryKeep(await builder.BuildAsync(path, stopping));
        }
        catch (CircuitFailedException fault)
        {
            lock (_lock)
            {
                Avoid(fault.Relay is { } failed ? [failed] : []);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }
}

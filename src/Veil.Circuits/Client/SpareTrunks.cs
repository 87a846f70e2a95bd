using Veil.Directory.Paths;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Circuits.Client;

/// <summary>
/// Trunks that are built before anybody asks for them (spec/circuit.md, section 6): a group that needs one has it at
/// once, instead of after three round trips of growing length. Each goes to one group only. Any thread.
/// </summary>
internal sealed class SpareTrunks(TrunkBuilder builder, TrunkOptions options) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TrunkPurpose, Shelf> _shelves = [];
    private bool _disposed;

    private TimeProvider Time => builder.Context.Time;

    /// <summary>How many stand ready.</summary>
    internal int Count(TrunkPurpose purpose)
    {
        lock (_lock)
        {
            return _shelves.TryGetValue(purpose, out var shelf) ? shelf.Trunks.Count : 0;
        }
    }

    /// <summary>Takes one whose hops and third hop are none of those; null when there is none. Another is built, now
    /// and as long as the purpose was asked for lately.</summary>
    /// <param name="purpose">What for; publishing has none, because nobody waits for its first byte.</param>
    /// <param name="around">Relays that it must not pass.</param>
    /// <param name="thirds">Third hops that the group has already, or that did not answer it.</param>
    internal Trunk? Take(TrunkPurpose purpose, IReadOnlySet<RelayId> around, IReadOnlySet<RelayId> thirds)
    {
        if (purpose == TrunkPurpose.Publish || options.Spares == 0)
        {
            return null;
        }

        Trunk? taken;
        lock (_lock)
        {
            if (_disposed)
            {
                return null;
            }

            if (!_shelves.TryGetValue(purpose, out var shelf))
            {
                _shelves.Add(purpose, shelf = new Shelf());
            }

            shelf.AskedAt = Time.GetTimestamp();
            taken = shelf.Trunks.Find(trunk => IsGood(trunk)
                && !trunk.Circuit.Path.Any(around.Contains) && !thirds.Contains(trunk.Circuit.Path[^1]));
            if (taken is not null)
            {
                shelf.Trunks.Remove(taken);
            }
        }

        Fill(purpose);
        return taken;
    }

    /// <summary>Replaces what is old or closed; lets go of what nobody asked for in a while. Now and then.</summary>
    internal void Sweep()
    {
        TrunkPurpose[] purposes;
        lock (_lock)
        {
            foreach (var shelf in _shelves.Values)
            {
                bool isWanted = IsWanted(shelf);
                foreach (var old in shelf.Trunks.FindAll(trunk => !isWanted || !IsGood(trunk)))
                {
                    shelf.Trunks.Remove(old);
                    old.Circuit.Dispose();
                }
            }

            purposes = [.. _shelves.Keys];
        }

        foreach (var purpose in purposes)
        {
            Fill(purpose);
        }
    }

    /// <summary>Closes them.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var trunk in _shelves.Values.SelectMany(shelf => shelf.Trunks))
            {
                trunk.Circuit.Dispose();
            }

            _shelves.Clear();
        }
    }

    // The half of a trunk's life that is left is for its group.
    private bool IsGood(Trunk trunk) => trunk.IsFresh(Time, options.MaxAge / 2);

    private bool IsWanted(Shelf shelf) => Time.GetElapsedTime(shelf.AskedAt) < options.SparesAfterUse;

    private bool Misses(Shelf shelf) =>
        !_disposed && !shelf.IsFilling && shelf.Trunks.Count < options.Spares && IsWanted(shelf);

    private void Fill(TrunkPurpose purpose)
    {
        lock (_lock)
        {
            if (!_shelves.TryGetValue(purpose, out var shelf) || !Misses(shelf))
            {
                return;
            }

            shelf.IsFilling = true;
        }

        if (!builder.Context.Scope.Start(stopping => FillAsync(purpose, stopping)))
        {
            Dispose();
        }
    }

    // One after the other: nobody waits for them.
    private async Task FillAsync(TrunkPurpose purpose, CancellationToken stopping)
    {
        bool goesOn = true;
        while (goesOn)
        {
            var built = await TryBuildAsync(purpose, stopping);
            lock (_lock)
            {
                goesOn = Keep(purpose, built);
            }
        }
    }

    // Under the lock; whether another is missing. After a failure the next sweep tries again.
    private bool Keep(TrunkPurpose purpose, Trunk? built)
    {
        if (!_shelves.TryGetValue(purpose, out var shelf))
        {
            built?.Circuit.Dispose();
            return false;
        }

        shelf.IsFilling = false;
        if (built is null)
        {
            return false;
        }

        shelf.Trunks.Add(built);
        return shelf.IsFilling = Misses(shelf);
    }

    private async Task<Trunk?> TryBuildAsync(TrunkPurpose purpose, CancellationToken stopping)
    {
        RelayId[] thirds;
        lock (_lock)
        {
            thirds = _shelves.TryGetValue(purpose, out var shelf)
                ? [.. shelf.Trunks.Select(trunk => trunk.Circuit.Path[^1])]
                : [];
        }

        try
        {
            return await builder.BuildAsync(ChoosePath(purpose, thirds), stopping);
        }
        catch (Exception fault) when (fault is CircuitFailedException or OperationCanceledException)
        {
            // A group that needs one builds its own and tells.
            return null;
        }
    }

    // From the strictest wish to the bare need. A trunk must not pass the exit that it is asked for: best it passes
    // none. In a small network that comes before different third hops: what passes the only exit is of no use to
    // whoever asks, and takes the place of one that is.
    private CircuitPath ChoosePath(TrunkPurpose purpose, RelayId[] thirds)
    {
        RelayId[] exits = [.. (builder.View.Consensus?.Relays ?? [])
            .Where(entry => entry.Has(RelayFlags.Exit)).Select(entry => entry.Identity)];
        var next = purpose == TrunkPurpose.Interactive ? exits : thirds;
        return builder.View.TryChoose(purpose, thirds.Concat(exits).ToHashSet(), out var best)
            || builder.View.TryChoose(purpose, next.ToHashSet(), out best)
                ? best
                : builder.View.Choose(purpose, new HashSet<RelayId>());
    }

    private sealed class Shelf
    {
        internal List<Trunk> Trunks { get; } = [];

        internal bool IsFilling { get; set; }

        internal long AskedAt { get; set; }
    }
}

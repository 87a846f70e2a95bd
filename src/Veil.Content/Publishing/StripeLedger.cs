using Veil.Content.Stripes;
using Veil.Content.Transfers;
using Veil.Directory.Ring;
using Veil.Wire;

namespace Veil.Content.Publishing;

/// <summary>
/// Where the shares of one stripe are or are about to go, and the rule for going on (spec/stripe.md, section 4).
/// Safe for concurrent use.
/// </summary>
internal sealed class StripeLedger
{
    private readonly Lock _lock = new();
    private readonly StoreRing _ring;
    private readonly BlockRef[] _references;
    private readonly RelayId[] _first;
    private readonly RelayId[] _places;
    private readonly Dictionary<RelayId, int> _held = [];
    private readonly int _room;

    /// <summary>Gives each share its place.</summary>
    public StripeLedger(StoreRing ring, BlockRef[] references)
    {
        _ring = ring;
        _references = references;
        _first = Placement.OfStripe(ring, references, references.Length);
        _places = [.. _first];
        _room = 2 * Placement.SharesPerStore(references.Length, ring.Count);
        foreach (var store in _places) _held[store] = _held.GetValueOrDefault(store) + 1;
    }

    /// <summary>Where a share is to go at present.</summary>
    public RelayId this[int share]
    {
        get
        {
            lock (_lock) return _places[share];
        }
    }

    /// <summary>
    /// Moves a share on to a store that was not tried, among those that readers look at: one with room and not suspect,
    /// else one without, else a suspect. False where none is left.
    /// </summary>
    public bool TryMove(int share, HashSet<RelayId> tried, StoreHealth health)
    {
        lock (_lock)
        {
            RelayId? full = null;
            RelayId? suspect = null;
            foreach (var store in Placement.Alternatives(_ring, _references[share]).Take(Placement.StoresLookedAt))
            {
                if (tried.Contains(store)) continue;
                if (health.IsSuspect(store)) suspect ??= store;
                else if (_held.GetValueOrDefault(store) >= _room) full ??= store;
                else return Move(share, store);
            }

            return (full ?? suspect) is { } last && Move(share, last);
        }
    }

    /// <summary>Begins anew with a share that found no store: at the place where readers look first.</summary>
    public void Restart(int share)
    {
        lock (_lock) Move(share, _first[share]);
    }

    private bool Move(int share, RelayId store)
    {
        _held[_places[share]]--;
        _held[store] = _held.GetValueOrDefault(store) + 1;
        _places[share] = store;
        return true;
    }
}

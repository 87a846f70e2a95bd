using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Veil.Storage.Segments;

/// <summary>
/// An open-addressing table with linear probing and no tombstones. Not safe for concurrent use:
/// <see cref="BlockIndex"/> locks. Tags are keyed hashes, hence already uniform.
/// </summary>
internal sealed class IndexShard
{
    private const int MinPlaces = 4;

    private IndexEntry[] _places = new IndexEntry[MinPlaces];
    private int _count;

    /// <summary>Memory of the table in bytes.</summary>
    public int TableBytes => _places.Length * Unsafe.SizeOf<IndexEntry>();

    /// <summary>The entry with this tag that comes after <paramref name="skip"/> others with it.</summary>
    public bool TryFind(ulong tag, int skip, out IndexEntry entry)
    {
        for (var place = Home(tag); _places[place].LeaseEnd != 0; place = Next(place))
        {
            if (_places[place].Tag == tag && skip-- == 0)
            {
                entry = _places[place];
                return true;
            }
        }

        entry = default;
        return false;
    }

    /// <summary>Adds the entry; it must have a lease.</summary>
    public void Add(IndexEntry entry)
    {
        Debug.Assert(entry.LeaseEnd != 0);
        if (_count + 1 > MaxCount(_places.Length))
        {
            Rebuild(_places.Length * 2, entry => true);
        }

        Place(entry);
        _count++;
    }

    /// <summary>Removes the entry; the ones that were pushed away by it move back.</summary>
    public bool Remove(ulong tag, uint position)
    {
        if (Find(tag, position) is not { } hole)
        {
            return false;
        }

        for (var place = Next(hole); _places[place].LeaseEnd != 0; place = Next(place))
        {
            // An entry may move into the hole unless its home lies between the hole and its place.
            var home = Home(_places[place].Tag);
            if (Distance(home, place) >= Distance(hole, place))
            {
                _places[hole] = _places[place];
                hole = place;
            }
        }

        _places[hole] = default;
        _count--;
        return true;
    }

    /// <summary>Moves the lease's end to the later of both.</summary>
    public void Extend(ulong tag, uint position, uint leaseEnd)
    {
        if (Find(tag, position) is { } place && _places[place].LeaseEnd < leaseEnd)
        {
            _places[place] = _places[place] with { LeaseEnd = leaseEnd };
        }
    }

    /// <summary>Gives the entry another position.</summary>
    public bool Move(ulong tag, uint from, uint to)
    {
        if (Find(tag, from) is not { } place)
        {
            return false;
        }

        _places[place] = _places[place] with { Position = to };
        return true;
    }

    /// <summary>The entry with this position, by looking at all.</summary>
    public bool TryFindAt(uint position, out IndexEntry entry)
    {
        entry = Array.Find(_places, place => place.LeaseEnd != 0 && place.Position == position);
        return entry.LeaseEnd != 0;
    }

    /// <summary>Removes what is over and shrinks the table to what is left.</summary>
    public int RemoveExpired(long nowSeconds, Action<uint> removed)
    {
        var left = 0;
        foreach (var entry in _places)
        {
            if (entry.LeaseEnd > nowSeconds)
            {
                left++;
            }
            else if (entry.LeaseEnd != 0)
            {
                removed(entry.Position);
            }
        }

        var expired = _count - left;
        if (expired > 0)
        {
            var places = MinPlaces;
            while (left > MaxCount(places))
            {
                places *= 2;
            }

            Rebuild(places, entry => entry.LeaseEnd > nowSeconds);
            _count = left;
        }

        return expired;
    }

    /// <summary>85 % full at most: after doubling at least 42 %, hence at most 38 bytes an entry.</summary>
    private static int MaxCount(int places) => (int)(places * 85L / 100);

    private void Rebuild(int places, Predicate<IndexEntry> keep)
    {
        var old = _places;
        _places = new IndexEntry[places];
        foreach (var entry in old)
        {
            if (entry.LeaseEnd != 0 && keep(entry))
            {
                Place(entry);
            }
        }
    }

    private void Place(IndexEntry entry)
    {
        var place = Home(entry.Tag);
        while (_places[place].LeaseEnd != 0)
        {
            place = Next(place);
        }

        _places[place] = entry;
    }

    private int? Find(ulong tag, uint position)
    {
        for (var place = Home(tag); _places[place].LeaseEnd != 0; place = Next(place))
        {
            if (_places[place].Tag == tag && _places[place].Position == position)
            {
                return place;
            }
        }

        return null;
    }

    private int Home(ulong tag) => (int)(tag & (ulong)(_places.Length - 1));

    private int Next(int place) => (place + 1) & (_places.Length - 1);

    private int Distance(int from, int to) => (to - from) & (_places.Length - 1);
}

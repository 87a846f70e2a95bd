using Veil.Circuits.Client;
using Veil.Wire;

namespace Veil.Node.Exits;

/// <summary>
/// Which exits the groups stay at (spec/exit.md, section 7). A group's first exit is the one that it has; those after
/// it stand in for ports and targets that the first one does not serve, and are kept as well, so that a mail server
/// sees its user jump no more than a web site does. One thread at a time.
/// </summary>
internal sealed class ExitStays(TimeProvider time)
{
    internal const int MaxGroups = 64;
    internal const int MaxExits = 4;

    internal static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, Stay> _stays = [];

    /// <summary>The first of a group's exits that fits.</summary>
    /// <param name="group">Whose.</param>
    /// <param name="isThere">Whether the network still has an exit: one that is gone is left.</param>
    /// <param name="fits">Whether an exit will do for this connection: one that does not is kept.</param>
    internal ExitPlace? Find(string group, Predicate<RelayId> isThere, Predicate<RelayId> fits)
    {
        if (!_stays.TryGetValue(group, out var stay))
        {
            return null;
        }

        stay.Places.RemoveAll(place => !isThere(place.Exit));
        if (stay.Places.Count == 0 || time.GetElapsedTime(stay.Since) >= Length)
        {
            _stays.Remove(group);
            return null;
        }

        stay.LastUsed = time.GetTimestamp();
        return stay.Places.Find(place => fits(place.Exit));
    }

    /// <summary>The group uses one more exit, after those that it has; beyond <see cref="MaxExits"/> only this once.
    /// </summary>
    internal ExitPlace Add(string group, RelayId exit)
    {
        long now = time.GetTimestamp();
        if (!_stays.TryGetValue(group, out var stay))
        {
            MakeRoom();
            stay = new Stay(now);
            _stays.Add(group, stay);
        }

        stay.LastUsed = now;
        var place = new ExitPlace(exit);
        if (stay.Places.Count < MaxExits)
        {
            stay.Places.Add(place);
        }

        return place;
    }

    /// <summary>The group uses an exit no more: the way there broke.</summary>
    internal void Leave(string group, ExitPlace place)
    {
        if (_stays.TryGetValue(group, out var stay) && stay.Places.Remove(place) && stay.Places.Count == 0)
        {
            _stays.Remove(group);
        }
    }

    /// <summary>Branches are closed; their exits stay.</summary>
    internal void Forget(ClientBranch[] branches)
    {
        foreach (var place in _stays.Values.SelectMany(stay => stay.Places))
        {
            place.Branch = branches.Contains(place.Branch) ? null : place.Branch;
        }
    }

    // Not the oldest: the busiest group may well have been there first.
    private void MakeRoom()
    {
        while (_stays.Count >= MaxGroups)
        {
            _stays.Remove(_stays.MinBy(entry => entry.Value.LastUsed).Key);
        }
    }

    private sealed class Stay(long since)
    {
        internal long Since => since;

        internal long LastUsed { get; set; }

        internal List<ExitPlace> Places { get; } = [];
    }
}

using Veil.Simulation.Seeds;

namespace Veil.Simulation.Privacy.Trunks;

/// <summary>
/// The requests of a fetch in a network where nothing fails or is slow, spread over trunks by the rule of
/// spec/circuit.md, section 6: for networks that are too large to be played. Checked against played ones.
/// </summary>
internal sealed class ModelledFetch(int relays, int maxEnds, int spread, SeededDecisionSource choices)
{
    private const int Hops = 3;

    private readonly List<Dictionary<int, int>> _trunks = [];
    private readonly Dictionary<Dictionary<int, int>, HashSet<int>> _hops = [];
    private readonly Dictionary<int, Dictionary<int, int>> _trunkOf = [];

    /// <summary>Blocks from each store, trunk by trunk.</summary>
    internal IEnumerable<int[]> Play(KnownObject fetched)
    {
        foreach (var places in fetched.CopyPlaces) Ask(places[choices.NextIndex(places.Length)]);
        foreach (var stripe in fetched.Stripes)
        {
            int[] order = [.. stripe];
            choices.Shuffle<int>(order);
            foreach (var store in order) Ask(store);
        }

        return _trunks.Select(trunk =>
        {
            var blocks = new int[fetched.Data.Length];
            foreach (var (store, count) in trunk) blocks[store] = count;
            return blocks;
        });
    }

    // A connection to a store stays with its branch.
    private void Ask(int store)
    {
        if (!_trunkOf.TryGetValue(store, out var trunk))
        {
            var fitting = _trunks.FindAll(candidate => candidate.Count < maxEnds && !_hops[candidate].Contains(store));
            if (fitting.Count < spread) trunk = Build(store);
            else trunk = fitting.MinBy(candidate => candidate.Count)!;
            _trunkOf.Add(store, trunk);
        }

        trunk[store] = trunk.GetValueOrDefault(store) + 1;
    }

    // Stores have the lower numbers among the relays. No relay stands twice on a path, its end included.
    private Dictionary<int, int> Build(int end)
    {
        Dictionary<int, int> trunk = [];
        HashSet<int> hops = [];
        while (hops.Count < Hops)
        {
            var hop = choices.NextIndex(relays);
            if (hop != end) hops.Add(hop);
        }

        _trunks.Add(trunk);
        _hops.Add(trunk, hops);
        return trunk;
    }
}

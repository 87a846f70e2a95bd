using System.Net;
using Veil.Node.Observing;
using Veil.Simulation.Kernel;
using Veil.Wire;

namespace Veil.Simulation.Privacy.Watching;

/// <summary>
/// What all relays and stores of one network see, put together: requests at stores, each with its branch, third hop and
/// trunk. What of it a given attacker may use is the attacker's affair.
/// </summary>
public sealed class WatchedTraffic(SimulationKernel kernel)
{
    // A circuit's number comes back on its link once it ended: the newest counts.
    private readonly Dictionary<(int Node, string Place), (int Number, string Value, TimeSpan At)> _accepted = [];
    private readonly Dictionary<string, (int Last, int Circuit, int Before, int First)> _extended = [];
    private readonly Dictionary<IPAddress, int> _nodes = [];
    private readonly Dictionary<int, StoreBranch> _branches = [];
    private readonly Dictionary<BlockRef, List<StoreSighting>> _sightings = [];
    private int _circuits;

    /// <summary>Told of each request at a store.</summary>
    public Action<StoreSighting>? OnSighting { get; set; }

    /// <summary>Where a node is.</summary>
    internal void Place(int node, IPAddress address) => _nodes[address] = node;

    /// <summary>What was seen of these blocks, in order of time; it is forgotten here.</summary>
    public IReadOnlyList<StoreSighting> Take(IEnumerable<BlockRef> references)
    {
        List<StoreSighting> taken = [];
        foreach (var reference in references)
        {
            if (_sightings.Remove(reference, out var found)) taken.AddRange(found);
        }

        return [.. taken.OrderBy(sighting => sighting.At).ThenBy(sighting => sighting.Branch.Number)];
    }

    /// <summary>What was seen of these blocks so far.</summary>
    public IEnumerable<StoreSighting> Peek(IEnumerable<BlockRef> references) =>
        references.SelectMany(reference => _sightings.GetValueOrDefault(reference) ?? []);

    internal void OnCircuit(int node, ObservedCircuit circuit)
    {
        if (circuit.Step == "accepted")
        {
            _accepted[(node, $"{circuit.Value[..8]}@{circuit.Link}")] = (++_circuits, circuit.Value, kernel.Elapsed);
        }
        else if (circuit is { Step: "extended", From: { } from })
        {
            var (number, value, _) = _accepted[(node, from)];

            // The circuit that is extended was itself extended to here, unless this is its first hop.
            var before = _extended.TryGetValue(value, out var earlier) ? earlier.Before : -1;
            _extended[circuit.Value] = (node, number, NodeAt(from), before);
        }
    }

    internal void OnBlock(int node, BlockRef reference, bool stored, string? circuit)
    {
        var (number, value, at) = _accepted[(node, circuit!)];
        if (!_branches.TryGetValue(number, out var branch))
        {
            var (third, trunk, second, guard) = _extended[value];
            _branches.Add(number, branch = new StoreBranch(number, at, third, trunk, second, guard));
        }

        StoreSighting sighting = new(kernel.Elapsed, node, reference, stored, branch);
        if (!_sightings.TryGetValue(reference, out var others)) _sightings.Add(reference, others = []);
        others.Add(sighting);
        OnSighting?.Invoke(sighting);
    }

    // NUMBER@ADDR:PORT.
    private int NodeAt(string place) =>
        _nodes.GetValueOrDefault(
            IPEndPoint.Parse(place[(place.IndexOf('@', StringComparison.Ordinal) + 1)..]).Address, -1);
}

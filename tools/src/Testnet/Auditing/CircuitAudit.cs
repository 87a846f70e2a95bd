namespace Veil.Tools.Testnet.Auditing;

/// <summary>What relays could compare: numbers of circuits and ephemeral keys of their handshakes.</summary>
internal sealed class CircuitAudit
{
    private readonly IReadOnlyList<AuditNode> _nodes;
    private readonly CircuitTrees _trees;
    private readonly List<(string Node, RecordLine Line, IReadOnlySet<string> Owners)> _seen;

    /// <param name="nodes">All nodes of the network.</param>
    internal CircuitAudit(IReadOnlyList<AuditNode> nodes)
    {
        _nodes = nodes;
        _trees = new CircuitTrees(nodes);
        _seen =
        [
            .. nodes.SelectMany(node => node.SettledLines
                .Where(line => line.Saw == RecordLine.Circuit && line.Value.Length > CircuitTrees.NumberDigits)
                .Select(line => (node.Name, line, _trees.OwnersOf(line.Value)))),
        ];
    }

    /// <summary>Between the circuits of two clients: publisher and reader among them.</summary>
    internal AuditCheck CheckClients()
    {
        HashSet<string> clients = [.. _nodes.Where(node => node.IsClient).Select(node => node.Name)];
        var ofClients = _seen.Where(seen => seen.Owners.Overlaps(clients)).ToList();
        List<string> problems = [];
        problems.AddRange(SharedBy(clients, ofClients, seen => KeyOf(seen.Line))
            .Select(found => $"the circuits of {found.Owners} share the ephemeral key {found.Identifier}"));

        // Numbers are 31 random bits for each link; at one relay two that agree can be compared.
        problems.AddRange(SharedBy(clients, ofClients, seen => $"{NumberOf(seen.Line)} at {seen.Node}")
            .Select(found => $"the circuits of {found.Owners} share the number {found.Identifier}"));
        var unknown = _seen.Where(seen => seen.Line.Step == CircuitTrees.Accepted && seen.Owners.Count == 0)
            .GroupBy(seen => seen.Node);
        problems.AddRange(unknown.Select(group =>
            $"{group.Key} accepted {group.Count()} circuits of which no recording tells whose they are"));
        var withCircuits = clients.Where(client => ofClients.Any(seen => seen.Owners.Contains(client))).ToList();
        if (withCircuits.Count < 2)
        {
            problems.Add("fewer than two clients made circuits: nothing to check");
        }

        return new AuditCheck(
            "circuits",
            "no identifier of one client's circuits occurs in those of another",
            new Dictionary<string, long>
            {
                ["clients"] = withCircuits.Count,
                ["circuits_of_clients"] = ofClients.Select(seen => seen.Line.Value).Distinct().LongCount(),
                ["circuits"] = _seen.Select(seen => seen.Line.Value).Distinct().LongCount(),
            },
            problems,
            [
                .. withCircuits.Order().Select(client => $"{client}: " + string.Join(", ", ofClients
                    .Where(seen => seen.Owners.Contains(client) && seen.Line.Step == CircuitTrees.Accepted)
                    .GroupBy(seen => seen.Node).OrderBy(group => group.Key)
                    .Select(group => $"{group.Count()} at {group.Key}"))),
            ]);
    }

    /// <summary>Between the links of one circuit: what two relays on a path could compare.</summary>
    internal AuditCheck CheckHops()
    {
        var accepted = _seen.Where(seen => seen.Line.Step == CircuitTrees.Accepted).ToList();
        var extended = _seen.Where(seen => seen.Line.Step == CircuitTrees.Extended).ToList();
        List<string> problems = [];
        problems.AddRange(accepted.GroupBy(seen => KeyOf(seen.Line))
            .Where(group => group.Select(seen => (seen.Node, seen.Line.Link)).Distinct().Count() > 1)
            .Select(group => $"{string.Join(" and ", group.Select(seen => seen.Node).Distinct())} saw the ephemeral "
                + $"key {group.Key} on two links"));
        problems.AddRange(extended
            .Where(seen => seen.Line.From?.StartsWith(NumberOf(seen.Line), StringComparison.Ordinal) == true)
            .Select(seen => $"{seen.Node} kept the number {NumberOf(seen.Line)} from one link to the next"));
        if (extended.Count == 0)
        {
            problems.Add("no circuit has a second hop: nothing to check");
        }

        return new AuditCheck(
            "hops",
            "no identifier of a circuit lives on two links of it",
            new Dictionary<string, long> { ["accepted"] = accepted.Count, ["extended"] = extended.Count },
            problems,
            []);
    }

    private static IEnumerable<(string Owners, string Identifier)> SharedBy(
        HashSet<string> clients,
        IEnumerable<(string Node, RecordLine Line, IReadOnlySet<string> Owners)> seen,
        Func<(string Node, RecordLine Line, IReadOnlySet<string> Owners), string> identifierOf) =>
        seen.GroupBy(identifierOf)
            .Select(group => (group.Key, Owners: group.SelectMany(one => one.Owners).Where(clients.Contains).Distinct()
                .Order().ToList()))
            .Where(shared => shared.Owners.Count > 1)
            .Select(shared => (string.Join(" and ", shared.Owners), shared.Key));

    private static string NumberOf(RecordLine line) => line.Value[..CircuitTrees.NumberDigits];

    private static string KeyOf(RecordLine line) => line.Value[CircuitTrees.NumberDigits..];
}

namespace Veil.Tools.Testnet.Auditing;

/// <summary>Checks from the recordings of all nodes that the network hid what it must hide. A check that had nothing
/// to look at fails, too.</summary>
/// <param name="nodes">All nodes of the network.</param>
internal sealed class RecordAudit(IReadOnlyList<AuditNode> nodes)
{
    /// <summary>Checks everything.</summary>
    internal AuditDocument Run()
    {
        var circuits = new CircuitAudit(nodes);
        AuditCheck[] checks =
        [
            CheckRecords(), new AddressAudit(nodes).Check(), CheckContent(), circuits.CheckClients(),
            circuits.CheckHops(),
        ];
        return new AuditDocument(checks.All(check => check.Ok), checks);
    }

    private AuditCheck CheckRecords() => new(
        "records",
        "every node has recorded, and every line can be read",
        new Dictionary<string, long>
        {
            ["nodes"] = nodes.Count,
            ["lines"] = nodes.Sum(node => node.Lines?.Count ?? 0),
        },
        [
            .. nodes.Where(node => node.Lines is not { Count: > 0 })
                .Select(node => $"{node.Name} has recorded nothing"),
            .. nodes.Where(node => node.Unreadable > 0)
                .Select(node => $"{node.Name}: {node.Unreadable} lines can not be read"),
        ],
        []);

    private AuditCheck CheckContent()
    {
        List<string> problems = [];
        foreach (var node in nodes.Where(node => !node.IsClient))
        {
            string kind = node.IsStore ? "a store" : "no client";
            foreach (var group in node.SettledLines
                .Where(line => line.Saw is RecordLine.Key or RecordLine.Plaintext).GroupBy(line => line.Saw))
            {
                problems.Add(group.Key == RecordLine.Key
                    ? $"{node.Name}, {kind}, had {group.Select(line => line.Value).Distinct().Count()} keys"
                    : $"{node.Name}, {kind}, could read content ({group.Count()} times)");
            }

            problems.AddRange(node.FilesWithKeys.Select(file => $"{node.Name}: {file} holds a key"));
        }

        long keys = nodes.Where(node => node.IsClient).SelectMany(node => node.Of(RecordLine.Key))
            .Select(line => line.Value).Distinct().LongCount();
        long blocks = nodes.Where(node => node.IsStore).Sum(node => node.Of(RecordLine.Block).LongCount());
        if (keys == 0 || blocks == 0)
        {
            problems.Add("nothing was published or read: nothing to check");
        }

        return new AuditCheck(
            "content",
            "no store, relay or authority had a key or readable content, and none of their files holds a key",
            new Dictionary<string, long>
            {
                ["stores"] = nodes.Count(node => node.IsStore),
                ["blocks_seen"] = blocks,
                ["keys_of_clients"] = keys,
                ["bytes_searched"] = nodes.Sum(node => node.SearchedBytes),
            },
            problems,
            []);
    }
}

using System.Text;
using System.Text.Json;
using Veil.Content.Keys;
using Veil.Tools.Testnet.State;

namespace Veil.Tools.Testnet.Auditing;

/// <summary>Reads the recordings of a network, which may run meanwhile.</summary>
internal sealed class RecordReader(NetworkPlan plan, TimeProvider time)
{
    // Two ends of a link write it down when they have it: the later one has this long to do so.
    private static readonly TimeSpan _settle = TimeSpan.FromMilliseconds(500);

    private const int SearchBytes = 4 << 20;

    /// <summary>Reads everything. Whatever was written before it began is explained by lines that it reads.</summary>
    /// <exception cref="TestnetFailure">The network does not record.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal async Task<IReadOnlyList<AuditNode>> ReadAsync(CancellationToken cancellationToken)
    {
        if (plan.Nodes.All(node => node.Record is null))
        {
            throw new TestnetFailure(
                ExitCodes.Failed, "no_records", "the nodes of this network record nothing", "make it with --record");
        }

        var settled = plan.Nodes.ToDictionary(node => node.Name, node => Read(node)?.Count ?? 0);
        await Task.Delay(_settle, time, cancellationToken);
        return Search(ReadAsIs(settled), cancellationToken);
    }

    /// <summary>Reads what the nodes have written so far; no files are searched.</summary>
    internal IReadOnlyList<AuditNode> ReadNow() => ReadAsIs([]);

    private List<AuditNode> ReadAsIs(Dictionary<string, int> settled)
    {
        var texts = plan.Nodes.ToDictionary(node => node.Name, Read);
        List<AuditNode> nodes = [];
        foreach (var node in plan.Nodes)
        {
            var lines = texts[node.Name]?.Select(Parse).ToList();
            nodes.Add(new AuditNode(node.Name, node.Address, node.Roles, lines?.OfType<RecordLine>().ToList())
            {
                Settled = lines?.Take(settled.GetValueOrDefault(node.Name)).Count(line => line is not null) ?? 0,
                Unreadable = lines?.Count(line => line is null) ?? 0,
            });
        }

        return nodes;
    }

    // Whole lines: the last one may be about to be written.
    private static List<string>? Read(NodePlan node)
    {
        if (node.Record is null || !File.Exists(node.Record))
        {
            return null;
        }

        using var file = new FileStream(node.Record, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var text = reader.ReadToEnd();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static RecordLine? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, TestnetJson.Default.RecordLine)
                is { Saw: not null, Value: not null } line ? line : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Looks into the files of all nodes but the clients for the keys that the clients had.</summary>
    private List<AuditNode> Search(List<AuditNode> nodes, CancellationToken cancellationToken)
    {
        List<byte[]> secrets = [];
        foreach (var text in nodes.Where(node => node.IsClient).SelectMany(node => node.Of(RecordLine.Key))
            .Select(line => line.Value).Distinct())
        {
            secrets.Add(Encoding.ASCII.GetBytes(text));
            if (ContentKey.TryParse(text, out var key, out _))
            {
                secrets.Add(key.Capability.RootKey.AsSpan().ToArray());
            }
        }

        return
        [
            .. plan.Nodes.Zip(nodes, (planned, node) =>
            {
                if (node.IsClient)
                {
                    return node;
                }

                long searched = 0;
                List<string> found = [];
                foreach (var file in System.IO.Directory.EnumerateFiles(planned.Data, "*", SearchOption.AllDirectories)
                    .Where(file => Path.GetExtension(file) != ".sock"))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (Holds(file, secrets, ref searched))
                    {
                        found.Add(file);
                    }
                }

                return node with { SearchedBytes = searched, FilesWithKeys = found };
            }),
        ];
    }

    private static bool Holds(string path, List<byte[]> secrets, ref long searched)
    {
        var longest = secrets.Select(secret => secret.Length).DefaultIfEmpty(1).Max();
        var buffer = new byte[SearchBytes];
        // A running node replaces some of its files.
        using var file = UnlockedFile.Open(path);
        var kept = 0;
        for (long at = 0; file is not null && RandomAccess.Read(file, buffer.AsSpan(kept), at) is > 0 and var count;)
        {
            at += count;
            searched += count;
            var filled = buffer.AsSpan(0, kept + count);
            foreach (var secret in secrets)
            {
                if (filled.IndexOf(secret) >= 0)
                {
                    return true;
                }
            }

            // What begins at the end of this piece ends in the next one.
            kept = Math.Min(longest - 1, filled.Length);
            filled[^kept..].CopyTo(buffer);
        }

        return false;
    }
}
